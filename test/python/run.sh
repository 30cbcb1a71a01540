#!/bin/bash
# run.sh: a Python ipyparallel.Client uses Go engines; then with a Go client and a Python engine on one cluster. GALE_PYTHON names the Python with ipyparallel.
set -eu
cd "$(dirname "$0")/../.."
py=${GALE_PYTHON:-$PWD/.venv/bin/python}
# The cluster's files go to a folder that is thrown away.
IPYTHONDIR=$(mktemp -d)
export IPYTHONDIR
engine=
trap '[ -z "$engine" ] || kill "$engine" 2>/dev/null || :; bin/gale cluster stop >/dev/null 2>&1 || :; rm -rf "$IPYTHONDIR"' EXIT
bin/gale cluster start --engines 2 --restart-policy never # a check kills one and counts the others
timeout 300 "$py" test/python/client.py
bin/gale cluster stop >/dev/null

# Both kinds of engines, both kinds of clients.
bin/gale cluster start --engines 2
"$py" -m ipyparallel.engine --file="$IPYTHONDIR/profile_default/security/ipcontroller-engine.json" --log-level=40 >"$IPYTHONDIR/engine.log" 2>&1 &
engine=$!
timeout 300 "$py" test/python/mixed.py "$IPYTHONDIR"
