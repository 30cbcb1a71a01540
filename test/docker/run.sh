#!/bin/bash
# run.sh: builds the Docker image, runs notebooks in it without a network, and looks whether its JupyterLab offers the kernel.
# Uses the Docker engine that answers, or starts one (test/lab/docker-lab.sh, as root).
set -eu
cd "$(dirname "$0")/../.."
name=gale-test-$$
lab=
clean() {
	docker rm -f "$name" >/dev/null 2>&1 || :
	[ -z "$lab" ] || test/lab/docker-lab.sh down
}
trap clean EXIT
if ! docker info >/dev/null 2>&1; then
	lab=yes
	test/lab/docker-lab.sh up
	eval "$(test/lab/docker-lab.sh env)"
fi

# The image takes its packages from where this machine takes them.
args=()
for v in GOPROXY GOSUMDB GONOSUMDB; do
	value=$(go env -changed $v | sed -n "s/^$v='\(.*\)'$/\1/p")
	[ -z "$value" ] || args+=(--build-arg "$v=$value")
done
index=${PIP_INDEX_URL:-$(pip config get global.index-url 2>/dev/null || :)}
[ -z "$index" ] || args+=(--build-arg "PIP_INDEX_URL=$index")
DOCKER_BUILDKIT=1 docker build -t gale-test "${args[@]}" .
docker images gale-test

offline() { docker run --rm --network none gale-test "$@"; }
test "$(offline id -u)" = 1000
offline gale doctor
offline gale run notebooks/00-hello.ipynb -o /tmp/out.ipynb
# shellcheck disable=SC2016 # the shell is the container's
offline sh -c 'gale run notebooks/01-survey.ipynb -o /tmp/out.ipynb --engines 2 --set spacing=50 --set freqMax=6 && test "$(grep -c "image/png\": \"" /tmp/out.ipynb)" -eq 4'

docker run -d --name "$name" gale-test jupyter lab --ip=0.0.0.0 --no-browser --IdentityProvider.token=t >/dev/null
docker exec -i "$name" python3 - <<'P'
import json
import time
import urllib.request

end = time.monotonic() + 120
while True:
    try:
        with urllib.request.urlopen("http://127.0.0.1:8888/api/kernelspecs?token=t") as answer:
            specs = json.load(answer)["kernelspecs"]
        break
    except OSError as e:
        if time.monotonic() > end:
            raise SystemExit(f"JupyterLab does not answer: {e}")
        time.sleep(0.2)
if "gale" not in specs:
    raise SystemExit(f"JupyterLab offers only {sorted(specs)}")
print("JupyterLab offers", *sorted(specs))
P
# What the health check of the image asks.
docker exec "$name" python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8888/api')"
