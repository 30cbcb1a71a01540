#!/bin/bash
# run.sh [pytest arguments]: runs ipyparallel's own tests against `gale controller`, with its client and its engines.
# GALE_PYTHON names the Python with ipyparallel, GALE_CONTROLLER the command to test. Left out is what needs ssh, MPI, Slurm or
# MongoDB. The tests start hundreds of Python engines and give each 15 s: on a busy machine they fail with any controller.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
python=${GALE_PYTHON:-$root/.venv/bin/python}
export GALE_CONTROLLER=${GALE_CONTROLLER:-$root/bin/gale controller}
out=$root/test/out
mkdir -p "$out"
"$python" -c 'import pytest_asyncio, pytest_timeout, testpath, distributed' 2>/dev/null ||
	"$python" -m pip install -q --disable-pip-version-check -r requirements.txt
tests=$("$python" -c 'import os, ipyparallel.tests as t; print(os.path.dirname(t.__file__))')
ignored=()
for name in mpi ssh slurm mongodb shellcmd; do
	[ ! -f "$tests/test_$name.py" ] || ignored+=("--ignore=$tests/test_$name.py")
done
# Profiles and connection files go to a home that is thrown away.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
# dask is looked up in PATH.
PATH=$(dirname "$python"):$PATH HOME=$home PYTHONPATH=$PWD \
	"$python" -m pytest -ra --timeout 120 --color=no -p no:cacheprovider -p theirs -o asyncio_mode=auto \
	--junitxml="$out/ipyparallel.xml" --pyargs ipyparallel.tests "${ignored[@]}" "$@"
