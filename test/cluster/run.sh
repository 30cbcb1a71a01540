#!/bin/bash
# run.sh slurm | ssh | mpi: a cluster of four machines of a lab; the survey runs on it, a machine loses its power while a map runs, the map
# completes, the machine comes back and is used. (An MPI's ranks end together: there the map runs, and all ranks are started again when
# one has died.) Root: the lab is made here.
set -eu
cd "$(dirname "$0")/../.."
kind=$1
out=$PWD/test/out/cluster-$kind
shared=/var/lib/gale-cluster-$kind # what nodes see too: each has a /tmp of its own
rm -rf "$out" "$shared"
mkdir -p "$out" "$shared"
cp bin/gale "$shared/gale"
export IPYTHONDIR=$shared/ipython
unset GALE_CLUSTER
lab=
clean() {
	bin/gale cluster stop >/dev/null 2>&1 || :
	[ -z "$lab" ] || $lab down
	rm -rf "$shared"
}
trap clean EXIT

start() {
	case $kind in
	slurm)
		lab=test/lab/slurm-lab.sh
		$lab up
		export SLURM_CONF=/var/lib/gale-slurm-lab/slurm.conf
		# An engine fills a node.
		bin/gale cluster start --engines slurm -n 4 --program "$shared/gale" --option=--cpus-per-task=4 --location 10.77.0.1
		;;
	ssh)
		lab=test/lab/ssh-lab.sh
		$lab up
		bin/gale cluster start --engines ssh --hosts s1,s2,s3,s4 --ssh "ssh -F /var/lib/gale-ssh-lab/config"
		;;
	mpi)
		command -v mpirun >/dev/null || {
			apt-get -q update >/dev/null
			DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends openmpi-bin >/dev/null
		}
		bin/gale cluster start --engines mpi -n 4 --option=--allow-run-as-root --option=--oversubscribe
		;;
	esac
}

engines() { # the hosts and process ids of the engines, one a line
	bin/gale cluster status | sed -n 's/^  engine [0-9]*  *[a-z]*  *\([^ ]*\)  *process \([0-9]*\) .*/\1 \2/p'
}

wait_for() { # description command…: waits until it succeeds
	local what=$1 i
	shift
	for ((i = 0; i < 300; i++)); do
		"$@" && return
		sleep 0.3
	done
	echo "not in time: $what" >&2
	bin/gale cluster status >&2
	exit 1
}

has() { engines | grep -q "^$1 "; }
number() { [ "$(engines | wc -l)" -eq "$1" ]; }

hosts() { # name [setting…]: runs the map and says where its parts ran
	local name=$1
	shift
	bin/gale run test/cluster/hosts.ipynb -o "$out/$name.ipynb" "$@"
	grep -o '60 results; map[^"\\]*' "$out/$name.ipynb"
}

start
bin/gale cluster status
echo "-- the survey"
bin/gale run notebooks/01-survey.ipynb -o "$out/01-survey.ipynb"
if [ "$kind" = mpi ]; then
	hosts all
	echo "-- a rank dies"
	kill -9 "$(engines | sed -n '1s/.* //p')"
	wait_for "all ranks again" sh -c 'bin/gale cluster status | grep -q "started again"'
	wait_for "four engines" number 4
	hosts again
	bin/gale cluster stop
	exit
fi
node=$([ "$kind" = slurm ] && echo n2 || echo s2)
wait_for "an engine on $node" has "$node"
echo "-- $node loses its power while a map runs"
hosts lost --set marker="$shared/marker" &
map=$!
wait_for "work under way" test -e "$shared/marker"
$lab power-off 2
wait $map
echo "-- $node comes back"
$lab start 2
if [ "$kind" = ssh ]; then # its engine was started again on another machine
	bin/gale cluster scale 8
fi
wait_for "an engine on $node" has "$node"
hosts back
grep -q "$node:" "$out/back.ipynb"
bin/gale cluster status
bin/gale cluster stop
