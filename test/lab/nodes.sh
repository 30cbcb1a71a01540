# shellcheck shell=bash
# nodes.sh, sourced by the labs: virtual machines of one machine. A node is a namespace of processes, host name, mounts and network, with
# a private /tmp, on the bridge "$BRIDGE" as $NET.(10+number); $NET.1 is this machine. Killing its first process is pulling its plug.
# The lab sets DIR, NODES, BRIDGE, NET and PREFIX (of host names), and defines node_main: what the node runs, as a shell script.

need() { # command package…: installs the packages when the command is missing
	local c=$1
	shift
	type -P "$c" >/dev/null && return
	apt-get -q update >/dev/null
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o DPkg::Options::=--force-unsafe-io install -qqy --no-install-recommends "$@" >/dev/null
}

alive() { # pidfile comm
	[ -s "$1" ] && [ "$(cat "/proc/$(cat "$1")/comm" 2>/dev/null)" = "$2" ]
}

end() { # pidfile comm [signal]: and waits until it is gone
	local p
	if alive "$1" "$2"; then
		p=$(cat "$1")
		kill "-${3:-TERM}" "$p"
		timeout 10 tail --pid="$p" -f /dev/null || :
	fi
	rm -f "$1"
}

network_up() {
	ip link show "$BRIDGE" >/dev/null 2>&1 || {
		ip link add "$BRIDGE" type bridge
		ip addr add "$NET.1/24" dev "$BRIDGE"
		ip link set "$BRIDGE" up
	}
	local i n
	for i in $(seq "$NODES"); do
		n=$PREFIX$i
		ip netns exec "ns-$n" true 2>/dev/null && continue
		rm -f "/run/netns/ns-$n"
		ip link del "v-$n" 2>/dev/null || :
		ip netns add "ns-$n"
		ip link add "v-$n" type veth peer name eth0 netns "ns-$n"
		ip link set "v-$n" master "$BRIDGE" up
		ip -n "ns-$n" link set lo up
		ip -n "ns-$n" addr add "$NET.$((10 + i))/24" dev eth0
		ip -n "ns-$n" link set eth0 up
	done
}

network_down() {
	local i
	for i in $(seq "$NODES"); do
		ip link del "v-$PREFIX$i" 2>/dev/null || :
		ip netns del "ns-$PREFIX$i" 2>/dev/null || :
	done
	ip link del "$BRIDGE" 2>/dev/null || :
}

node_start() { # number
	local n=$PREFIX$1 u
	alive "$DIR/$n.init" bash && return
	mkdir -p "$DIR/tmp/$n"
	chmod 1777 "$DIR/tmp/$n"
	ip link set "v-$n" up
	# shellcheck disable=SC2016 # the node expands it
	nsenter --net="/run/netns/ns-$n" setsid unshare --mount --uts --pid --fork --mount-proc bash -c '
		hostname "$1"
		mount --bind "$2/tmp/$1" /tmp
		trap : TERM INT HUP
		eval "$3"
		while :; do sleep 3600 & wait $!; done' bash "$n" "$DIR" "$(node_main "$1")" </dev/null >"$DIR/$n.out" 2>&1 &
	u=$!
	until pgrep -P "$u" >"$DIR/$n.init"; do sleep 0.05; done
}

node_stop() { # number: the cable first, so that nobody hears of it
	ip link set "v-$PREFIX$1" down 2>/dev/null || :
	end "$DIR/$PREFIX$1.init" bash KILL
}
