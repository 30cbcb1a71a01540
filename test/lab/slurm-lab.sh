#!/bin/bash
# slurm-lab.sh up | down | power-off N | start N: a real Slurm (Debian's) with virtual nodes n1 … of four cores each. Root.
# Then: export SLURM_CONF=$DIR/slurm.conf, and sbatch, squeue, scancel as usual.
set -eu
NODES=${NODES:-4} DIR=${DIR:-/var/lib/gale-slurm-lab} BRIDGE=slurmbr NET=10.77.0 PREFIX=n
cd "$(dirname "$0")"
# shellcheck source=test/lab/nodes.sh
. ./nodes.sh
export SLURM_CONF=$DIR/slurm.conf

node_main() { echo "rm -f $DIR/$PREFIX$1.pid; slurmd -N $PREFIX$1"; }

configure() {
	local i
	cat <<-C
		ClusterName=lab
		SlurmctldHost=slurmctl($NET.1)
		SlurmUser=root
		AuthType=auth/munge
		StateSaveLocation=$DIR/state
		SlurmdSpoolDir=$DIR/spool/%n
		SlurmctldPidFile=$DIR/ctld.pid
		SlurmdPidFile=$DIR/%n.pid
		SlurmctldLogFile=$DIR/ctld.log
		SlurmdLogFile=$DIR/%n.log
		SlurmctldPort=16817
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		AccountingStorageType=accounting_storage/none
		MpiDefault=none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_Core
		SchedulerParameters=batch_sched_delay=0,bf_interval=5
		SlurmdParameters=config_overrides
		ReturnToService=2
		JobRequeue=1
		SlurmdTimeout=6
		MessageTimeout=3
		TCPTimeout=1
		AuthInfo=cred_expire=5
		KillWait=3
		SrunPortRange=16900-16999
		CommunicationParameters=NoCtldInAddrAny
	C
	for i in $(seq "$NODES"); do
		echo "NodeName=$PREFIX$i NodeHostname=$PREFIX$i NodeAddr=$NET.$((10 + i)) Port=16818 CPUs=4 RealMemory=2000 State=UNKNOWN"
	done
	echo "PartitionName=batch Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
}

up() {
	need slurmctld slurmctld slurmd slurm-client munge
	need ip iproute2
	need pgrep procps
	mkdir -p "$DIR/state" "$DIR/spool" "$DIR/tmp" /run/munge
	chmod 755 "$DIR"
	chown munge: /run/munge
	chmod 755 /run/munge
	pgrep -x munged >/dev/null || {
		runuser -u munge -- /usr/sbin/munged
		pgrep -xn munged >"$DIR/munged.pid"
	}
	local i
	network_up
	for i in $(seq "$NODES"); do mkdir -p "$DIR/spool/$PREFIX$i"; done
	configure >"$DIR/slurm.conf"
	echo "CgroupPlugin=cgroup/v1" >"$DIR/cgroup.conf" # the other one wants systemd; nothing uses it
	# The controller binds to what its host name resolves to: it gets a name and a hosts file of its own.
	{
		echo "$NET.1 slurmctl"
		grep -v slurmctl /etc/hosts
	} >"$DIR/hosts"
	# shellcheck disable=SC2016 # the inner shell expands it
	alive "$DIR/ctld.pid" slurmctld || unshare --mount --uts sh -c 'hostname slurmctl; mount --bind "$1/hosts" /etc/hosts; exec slurmctld' sh "$DIR"
	for i in $(seq "$NODES"); do node_start "$i"; done
	ready "$NODES" || {
		tail -n 5 "$DIR"/*.log >&2
		exit 1
	}
}

ready() { # count: waits until as many nodes take jobs
	timeout 60 sh -c "until [ \"\$(sinfo -h -N -t idle,alloc,mix -o %N 2>/dev/null | wc -l)\" -ge $1 ]; do sleep 0.2; done"
}

down() {
	local i
	for i in $(seq "$NODES"); do node_stop "$i"; done
	end "$DIR/ctld.pid" slurmctld
	[ ! -e "$DIR/munged.pid" ] || end "$DIR/munged.pid" munged
	network_down
	rm -rf "$DIR"
}

case ${1:-} in
up | down) $1 ;;
power-off) node_stop "$2" ;;
start)
	node_start "$2"
	ready "$NODES"
	;;
*)
	sed -n 2,3p "$0"
	exit 2
	;;
esac
