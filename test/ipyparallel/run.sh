#!/bin/bash
# run.sh [subset] [pytest arguments]: runs ipyparallel's own tests against `gale controller`, with its client and its engines; subset takes
# those of client, balanced view, results, dependencies and labels: two minutes on a quiet machine.
# IPP_ENABLE_CURVE=1 encrypts all connections. For Debian 12's ipyparallel 7.1: apt-get install python3-ipyparallel python3-pytest
# python3-pytest-asyncio python3-pytest-timeout python3-testpath python3-distributed, and GALE_PYTHON=/usr/bin/python3.
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
chosen=(ipyparallel.tests)
if [ "${1:-}" = subset ]; then
	shift
	chosen=(ipyparallel.tests.test_{client,lbview,asyncresult,dependency})
	[ ! -f "$tests/test_label.py" ] || chosen+=(ipyparallel.tests.test_label)
fi
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
	--junitxml="$out/ipyparallel.xml" --pyargs "${chosen[@]}" "${ignored[@]}" "$@"
