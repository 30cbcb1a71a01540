#!/bin/bash
# run.sh: notebooks are opened, run, typed in and interrupted in JupyterLab in headless Chromium; screenshots are in test/out/web.
# Chromium and its driver come from Debian's packages (root), JupyterLab and selenium from the project's Python environment.
# KERNEL=python3 does the same with ipykernel: what fails there too is the test's fault.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
kernel=${KERNEL:-gale}
out=$root/test/out/web
py=${GALE_PYTHON:-$root/.venv/bin/python}
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
	apt-get -q update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qqy install --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null
fi
rm -rf "$out"
mkdir -p "$out/nb" "$out/config/labconfig"
# A page as a user has it, without the question whether one wants news.
echo '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}' >"$out/config/labconfig/page_config.json"
# JupyterLab drops completions that take longer than a second, which they do on a busy machine.
mkdir -p "$out/config/lab/user-settings/@jupyterlab/completer-extension"
echo '{"providerTimeout": 60000}' >"$out/config/lab/user-settings/@jupyterlab/completer-extension/manager.jupyterlab-settings"
export JUPYTER_DATA_DIR=$out/data JUPYTER_CONFIG_DIR=$out/config JUPYTER_RUNTIME_DIR=$out/runtime IPYTHONDIR=$out/ipython
export JUPYTER_PREFER_ENV_PATH=0 # a kernel that is installed in the environment is not the one of this checkout
if [ "$kernel" = gale ]; then
	cp notebooks/*.ipynb "$out/nb/"
	bin/gale install --user
fi
"$py" test/web/lab.py "$kernel" "$out"
