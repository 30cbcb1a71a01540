#!/bin/bash
# run.sh: a notebook is opened and run in JupyterLab in headless Chromium; the screenshots are test/out/web/*.png.
# Chromium and its driver come from Debian's packages (root), JupyterLab and selenium from the project's Python environment.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
out=$root/test/out/web
py=${GALE_PYTHON:-$root/.venv/bin/python}
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
	apt-get -q update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qqy install --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null
fi
rm -rf "$out"
mkdir -p "$out/nb"
cp notebooks/*.ipynb "$out/nb/"
export JUPYTER_DATA_DIR=$out/data JUPYTER_CONFIG_DIR=$out/config JUPYTER_RUNTIME_DIR=$out/runtime IPYTHONDIR=$out/ipython
bin/gale install --user
"$py" test/web/lab.py "$out"
