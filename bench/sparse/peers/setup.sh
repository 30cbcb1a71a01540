#!/bin/sh
# setup.sh: installs the libraries of the peers (Debian, Ubuntu; as root) and builds their drivers into DIR (test/out/peers).
# SciPy, for SuperLU, comes with the Python environment of the benchmarks.
set -eu
cd "$(dirname "$0")"
dir=${1:-../../../test/out/peers}
mkdir -p "$dir"
need() { [ -e "/usr/include/$1" ] || [ -e "/usr/include/suitesparse/$1" ]; }
if ! need zmumps_c.h || ! need umfpack.h || ! need metis.h || ! command -v gcc >/dev/null; then
	apt-get -q update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qqy install --no-install-recommends \
		gcc libc6-dev libmumps-seq-dev libsuitesparse-dev libmetis-dev libopenblas-dev >/dev/null
fi
gcc -O2 -Wall mumps.c -o "$dir/mumps" -lzmumps_seq -lmumps_common_seq -lmpiseq_seq -lpord_seq -lmetis -lm
gcc -O2 -Wall umfpack.c -o "$dir/umfpack" -lumfpack -lm
