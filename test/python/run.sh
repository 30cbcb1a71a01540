#!/bin/bash
# run.sh: a Python ipyparallel.Client uses Go engines. GALE_PYTHON names the Python with ipyparallel.
set -eu
cd "$(dirname "$0")/../.."
py=${GALE_PYTHON:-$PWD/.venv/bin/python}
# The cluster's files go to a folder that is thrown away.
IPYTHONDIR=$(mktemp -d)
export IPYTHONDIR
trap 'bin/gale cluster stop >/dev/null 2>&1 || :; rm -rf "$IPYTHONDIR"' EXIT
bin/gale cluster start --engines 2
timeout 300 "$py" test/python/client.py
