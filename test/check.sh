#!/bin/bash
# check.sh: everything that a change must pass, step by step with times. GALE_LAB=docker,web,slurm,ssh,mpi adds what needs root.
# ONLY="step step" runs only these steps. With CI=true nothing may be skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
out=test/out
mkdir -p $out
export GALE_PYTHON=$PWD/.venv/bin/python
lab=,${GALE_LAB:-},
skipped=()
failed=()
begin=$SECONDS

step() { # name command…
	local name=$1
	shift
	[ -z "${ONLY:-}" ] || [[ " $ONLY " = *" $name "* ]] || return 0
	local t=$SECONDS
	echo "== $name"
	if "$@" >"$out/$name.log" 2>&1; then
		echo "   ok, $((SECONDS - t)) s"
	else
		echo "   FAILED after $((SECONDS - t)) s; the end of $out/$name.log:"
		tail -n 60 "$out/$name.log" | sed 's/^/   /'
		failed+=("$name")
	fi
}

lab_step() { # lab name command…
	if [[ $lab = *",$1,"* ]]; then
		shift
		step "$@"
	else
		skipped+=("$2 (GALE_LAB=$1, as root)")
	fi
}

format() { git ls-files -z '*.go' | xargs -0 gofmt -l | tee /dev/stderr | wc -l | grep -qx 0; }

shells() {
	command -v shellcheck >/dev/null || { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qqy install --no-install-recommends shellcheck; } || return
	git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck
}

race() { # the solver's long tests are numbers, a tenfold longer here
	go list ./... | grep -v /gale/solver | xargs go test -race && go test -race -short ./solver/...
}

step build make build
step format format
if command -v shellcheck >/dev/null || [ "$(id -u)" = 0 ]; then
	step shells shells
else
	skipped+=("shells (apt-get install shellcheck)")
fi
step vet go vet ./...
step venv make venv
step tools make tools
step staticcheck tools/bin/staticcheck ./...
step golangci tools/bin/golangci-lint run ./...
step race race
step test go test ./...
step notebooks test/notebooks.sh
step jupyter test/jupyter/run.sh
step python test/python/run.sh
step faults test/faults/run.sh
step ipyparallel test/ipyparallel/run.sh subset
lab_step web lab-web test/web/run.sh
lab_step web lab-dashboard test/web/dashboard.sh
lab_step docker lab-docker test/docker/run.sh
lab_step slurm lab-slurm test/cluster/run.sh slurm
lab_step ssh lab-ssh test/cluster/run.sh ssh
lab_step mpi lab-mpi test/cluster/run.sh mpi

echo
echo "in all $((SECONDS - begin)) s; ipyparallel's own suite is apart: make conformance"
for s in "${skipped[@]}"; do echo "not run: $s"; done
if [ ${#failed[@]} -gt 0 ]; then
	echo "FAILED: ${failed[*]}"
	exit 1
fi
if [ "${CI:-}" = true ] && [ ${#skipped[@]} -gt 0 ]; then
	echo "FAILED: CI runs everything"
	exit 1
fi
echo "all passed"
