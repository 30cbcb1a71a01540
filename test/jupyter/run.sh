#!/bin/bash
# run.sh: front ends against the kernel of this checkout, in the Python environment .venv; then jupyter_kernel_test once more, as old as Debian's.
# Further arguments go to pytest.
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
"$python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --target "$tmp/python" "$root/python"
rm -rf "$root/python/build" "$root"/python/*.egg-info
export PYTHONPATH=$tmp/python
"$python" -m pytest -q -p no:cacheprovider "$@"

old=$root/test/out/jupyter-debian
if ! cmp -s debian.txt "$old/debian.txt"; then
	"$python" -m venv --clear "$old"
	"$old/bin/python" -m pip install -q --disable-pip-version-check -r debian.txt
	cp debian.txt "$old/debian.txt"
fi
"$old/bin/python" -m pytest -q -p no:cacheprovider test_kernel.py "$@"
