#!/bin/bash
# run.sh [fault…]: processes of a notebook and its cluster are killed while they work, and garbage is sent to every port.
# GALE_PYTHON names the Python with jupyter_client.
set -eu
cd "$(dirname "$0")/../.."
py=${GALE_PYTHON:-$PWD/.venv/bin/python}
dir=$(mktemp -d)
# Nothing of the user's is seen or touched, and a cluster that the user runs is not found.
export IPYTHONDIR=$dir/ipython JUPYTER_RUNTIME_DIR=$dir/runtime JUPYTER_CONFIG_DIR=$dir/config JUPYTER_DATA_DIR=$dir/data JUPYTER_PATH=$dir/share/jupyter
unset GALE_CLUSTER
trap 'rm -rf "$dir"' EXIT
bin/gale install --prefix "$dir" >/dev/null
timeout 300 "$py" test/faults/faults.py "$@"
