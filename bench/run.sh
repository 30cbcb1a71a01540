#!/bin/bash
# run.sh [name…]: runs the benchmarks and writes docs/bench/NAME.md: command, date, machine, figures beside those of peers.
# QUICK=1 takes little time, for a look; its figures are printed and not written.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
py=${GALE_PYTHON:-$root/.venv/bin/python}
out=$root/test/out/bench
mkdir -p "$out" docs/bench
quick=${QUICK:-}

machine() {
	local model cores
	model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | sort -u | head -n 1)
	cores=$(nproc)
	echo "$cores cores, ${model:-$(uname -m)}, load $(cut -d' ' -f1 /proc/loadavg) before"
}

bench() { # name title command…
	local name=$1 title=$2 load
	shift 2
	[ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " = *" $name "* ]] || return 0
	echo "== $name: $*"
	load=$(machine)
	if ! "$@" >"$out/$name.txt" 2>"$out/$name.err"; then
		tail -n 20 "$out/$name.err" >&2
		failed+=("$name")
		return 0
	fi
	cat "$out/$name.txt"
	[ -z "$quick" ] || return 0
	{
		echo "# $title"
		echo
		echo "\`bench/run.sh $name\`: \`${*//$root\//}\`"
		echo
		echo "$(date -u +%F), $load. $(go version | cut -d' ' -f3), $("$py" --version)$peers. Commit $(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)."
		echo "Figures of one run are compared with one another, never with those of another run."
		echo
		echo '```'
		cat "$out/$name.txt"
		echo '```'
	} >"docs/bench/$name.md"
}

kernel() {
	local dir=$out/kernel
	rm -rf "$dir"
	bin/gale install --prefix "$dir" >&2
	JUPYTER_PATH=$dir/share/jupyter IPYTHONDIR=$dir/ipython "$py" test/jupyter/bench.py gale python3 "$@"
}

sparse() { # writes its tables and a picture itself
	[ ${#only[@]} -eq 0 ] || [[ " ${only[*]} " = *" sparse "* ]] || return 0
	bench/sparse/peers/setup.sh || echo "sparse: without MUMPS and UMFPACK" >&2
	go run ./bench/sparse -python "$py" -doc docs/bench/sparse.md || failed+=(sparse)
}

only=("$@")
failed=()
make build venv >/dev/null
"$py" -c 'import scipy' 2>/dev/null || "$py" -m pip install -q --disable-pip-version-check -r bench/requirements.txt
peers=$("$py" -c 'import zmq, ipykernel, ipyparallel, scipy
print(f", pyzmq {zmq.__version__}, ipykernel {ipykernel.__version__}, ipyparallel {ipyparallel.__version__}, SciPy {scipy.__version__}")')
export GALE_PYTHON=$py

if [ -n "$quick" ]; then
	bench zmtp "Sockets" go run ./bench/zmtp -rounds 1 -seconds 0.3 -python "$py"
	bench hub "Controller" go run ./bench/hub -rounds 1 -tasks 2000 -python "$py"
	bench sparse "Sparse solver" go run ./bench/sparse -rounds 1 -grids 200x100 -python "$py"
	bench fdfd "FDFD kernels" go run ./bench/fdfd -rounds 1 -python ""
	bench cells "Cells" go run -pgo=off ./bench/cells -n 5
	bench kernel "Kernel" kernel --cells 20 --cell-budget 10 --lines 10000
else
	bench zmtp "Sockets: an echoing ROUTER beside libzmq's" go run ./bench/zmtp -all -python "$py"
	bench hub "Controller: tasks a second beside ipyparallel's" go run ./bench/hub -python "$py"
	bench engine "Engines: start, calls, maps, data and interrupts beside ipyparallel's and dask's" go run ./bench/engine -python "$py" ${GALE_DASK_PYTHON:+-dask "$GALE_DASK_PYTHON"} # a Python with distributed and numpy
	sparse
	bench fdfd "FDFD kernels: a survey over Marmousi, and data in three dimensions between wells" go run ./bench/fdfd -python "$py"
	bench cells "Cells: how long a notebook waits" go run -pgo=off ./bench/cells
	bench kernel "Kernel beside ipykernel" kernel --rounds 3 --cells 100
fi
if [ ${#failed[@]} -gt 0 ]; then
	echo "FAILED: ${failed[*]}" >&2
	exit 1
fi
