#!/bin/bash
# dashboard.sh: the dashboard of a cluster under load, seen in headless Chromium; test/out/web/dashboard.png shows it.
# Chromium and its driver come from Debian's packages (root), selenium from the project's Python environment.
set -eu
cd "$(dirname "$0")/../.."
out=$PWD/test/out/web
py=${GALE_PYTHON:-$PWD/.venv/bin/python}
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
	apt-get -q update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qqy install --no-install-recommends chromium chromium-driver fonts-dejavu-core >/dev/null
fi
mkdir -p "$out"
profile=$(mktemp -d)
trap 'touch "$profile/end"; bin/gale cluster stop --profile-dir "$profile" >/dev/null; wait; rm -rf "$profile"' EXIT
bin/gale cluster start --profile-dir "$profile" -n 4
"$py" test/web/load.py "$profile/load.ipynb" "$profile/end"
GALE_CLUSTER=$profile/security/ipcontroller-client.json bin/gale run "$profile/load.ipynb" -o "$profile/ran.ipynb" >"$out/load.log" 2>&1 &
"$py" test/web/dashboard.py "$profile" "$out"
# What the page shows a person can also read.
bin/gale cluster status --profile-dir "$profile" >"$out/status.txt"
grep -q 'tasks/s' "$out/status.txt"
grep -q 'dashboard: http://127.0.0.1:' "$out/status.txt"
task=$(sed -n 's/.* task \([^ ]*\) failed: TypeError.*/\1/p' "$out/status.txt" | tail -n 1)
bin/gale cluster story --profile-dir "$profile" "$task" >"$out/story.txt"
grep -q 'an engine returned an error' "$out/story.txt"
