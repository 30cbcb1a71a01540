#!/bin/bash
# ssh-lab.sh up | down | power-off N | start N: virtual machines s1 … with an sshd each. Root.
# Then: ssh -F $DIR/config s1 hostname
set -eu
NODES=${NODES:-4} DIR=${DIR:-/var/lib/gale-ssh-lab} BRIDGE=sshbr NET=10.78.0 PREFIX=s
cd "$(dirname "$0")"
# shellcheck source=test/lab/nodes.sh
. ./nodes.sh

node_main() { echo "mkdir -p /run/sshd; /usr/sbin/sshd -f $DIR/sshd.conf -E $DIR/$PREFIX$1.log"; }

up() {
	need sshd openssh-server openssh-client
	need ip iproute2
	need pgrep procps
	mkdir -p "$DIR"
	chmod 755 "$DIR"
	local k i
	for k in host_key id; do
		[ -e "$DIR/$k" ] || ssh-keygen -qt ed25519 -N '' -f "$DIR/$k"
	done
	cat >"$DIR/sshd.conf" <<-C
		HostKey $DIR/host_key
		AuthorizedKeysFile $DIR/id.pub
		PasswordAuthentication no
		StrictModes no
		UsePAM no
		PidFile none
	C
	echo "lab $(cut -d' ' -f1,2 "$DIR/host_key.pub")" >"$DIR/known_hosts"
	for i in $(seq "$NODES"); do
		printf 'Host %s%d\n HostName %s.%d\n HostKeyAlias lab\n' $PREFIX "$i" $NET $((10 + i))
	done >"$DIR/config"
	printf 'Host *\n IdentityFile %s/id\n UserKnownHostsFile %s/known_hosts\n BatchMode yes\n StrictHostKeyChecking yes\n LogLevel ERROR\n' "$DIR" "$DIR" >>"$DIR/config"
	network_up
	for i in $(seq "$NODES"); do node_start "$i"; done
	for i in $(seq "$NODES"); do
		timeout 30 sh -c "until ssh -F $DIR/config $PREFIX$i true 2>/dev/null; do sleep 0.1; done"
	done
}

down() {
	local i
	for i in $(seq "$NODES"); do node_stop "$i"; done
	network_down
	rm -rf "$DIR"
}

case ${1:-} in
up | down) $1 ;;
power-off) node_stop "$2" ;;
start) node_start "$2" ;;
*)
	sed -n 2,3p "$0"
	exit 2
	;;
esac
