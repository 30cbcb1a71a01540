#!/bin/bash
# run.sh: builds the Docker image, runs a notebook in it, and looks whether its JupyterLab answers.
# Uses the Docker engine at DOCKER_HOST, or starts one (test/lab/docker-lab.sh, as root).
set -eu
cd "$(dirname "$0")/../.."
if [ -z "${DOCKER_HOST:-}" ] && ! docker info >/dev/null 2>&1; then
	test/lab/docker-lab.sh up
	eval "$(test/lab/docker-lab.sh env)"
	trap 'test/lab/docker-lab.sh down' EXIT
fi
docker build -t gale-test .
docker run --rm gale-test gale doctor
docker run --rm gale-test gale run notebooks/00-hello.ipynb -o /tmp/out.ipynb
docker run --rm gale-test sh -c 'gale run notebooks/01-survey.ipynb -o /tmp/out.ipynb --engines 2 --set spacing=50 --set freqMax=6 && grep -c image/png /tmp/out.ipynb'
docker run --rm gale-test sh -c 'id -u | grep -qx 1000'
name=gale-test-$$
docker run -d --rm --name $name gale-test jupyter lab --ip=127.0.0.1 --no-browser --IdentityProvider.token=t >/dev/null
trap 'docker rm -f '$name' >/dev/null 2>&1; [ ! -e /var/lib/docker-lab/pid ] || test/lab/docker-lab.sh down' EXIT
docker exec $name python3 - <<'P'
import json, time, urllib.request
for _ in range(300):
    try:
        specs = json.load(urllib.request.urlopen("http://127.0.0.1:8888/api/kernelspecs?token=t"))
        break
    except OSError:
        time.sleep(0.2)
else:
    raise SystemExit("JupyterLab does not answer")
assert "gale" in specs["kernelspecs"], specs
print("JupyterLab offers", sorted(specs["kernelspecs"]))
P
