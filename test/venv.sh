#!/bin/bash
# venv.sh DIR: makes the Python environment with Jupyter and ipyparallel that the tests talk to.
# PYTHON3 names the interpreter to use; otherwise the newest one at hand, and on Debian as root its package is installed.
set -eu
dir=$1
here=$(cd "$(dirname "$0")" && pwd)

fits() { # interpreter: new enough for the versions in constraints.txt, and able to make environments
	command -v "$1" >/dev/null && "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=
for p in ${PYTHON3:-python3.13 python3.12 python3.11 python3 /usr/bin/python3}; do
	if fits "$p"; then
		python=$p
		break
	fi
done
if [ -z "$python" ] && [ -z "${PYTHON3:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get -q update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qqy install --no-install-recommends python3 python3-venv >/dev/null
	! fits /usr/bin/python3 || python=/usr/bin/python3
fi
if [ -z "$python" ]; then
	echo "venv.sh: needs Python 3.11 or newer with venv: apt-get install python3-venv" >&2
	exit 1
fi
"$python" -m venv --clear "$dir"
"$dir/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt"
"$dir/bin/python" -c 'import sys, jupyter_client, ipyparallel; print("Python", sys.version.split()[0], "jupyter_client", jupyter_client.__version__, "ipyparallel", ipyparallel.__version__)'
