#!/bin/bash
# run.sh: front ends against the kernel of this checkout, in the Python environment .venv. Further arguments go to pytest.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
python=${GALE_PYTHON:-$root/.venv/bin/python}
for f in "$python" "$root/bin/gale"; do
	[ -x "$f" ] || { echo "run.sh: $f is missing: make build venv" >&2; exit 1; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export JUPYTER_DATA_DIR=$tmp/data JUPYTER_CONFIG_DIR=$tmp/config JUPYTER_RUNTIME_DIR=$tmp/runtime GALE_HISTORY=$tmp/history.sqlite
export JUPYTER_PREFER_ENV_PATH=0 # a kernel that is installed in the environment is not the one of this checkout
mkdir -p "$JUPYTER_RUNTIME_DIR"
"$root/bin/gale" install --user
"$python" -m pytest -q -p no:cacheprovider "$@"
