#!/bin/bash
# venv.sh DIR: makes the Python environment with Jupyter and ipyparallel that the tests talk to.
set -eu
dir=$1
python=${PYTHON3:-}
for p in python3.13 python3.12 python3.11 python3; do
	[ -n "$python" ] || ! command -v $p >/dev/null || ! $p -c 'import sys; sys.exit(sys.version_info < (3, 10))' || python=$p
done
if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get -q update >/dev/null
		DEBIAN_FRONTEND=noninteractive apt-get -qqy install --no-install-recommends python3 python3-venv >/dev/null
		python=/usr/bin/python3
	else
		echo "venv.sh: needs Python 3.10 or newer with venv: apt-get install python3-venv" >&2
		exit 1
	fi
fi
"$python" -m venv --clear "$dir"
"$dir/bin/python" -m pip install -q --disable-pip-version-check -r "$(dirname "$0")/requirements.txt"
"$dir/bin/python" -c 'import jupyter_client, ipyparallel; print("python environment: jupyter_client", jupyter_client.__version__, "ipyparallel", ipyparallel.__version__)'
