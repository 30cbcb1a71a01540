# shellcheck shell=sh disable=SC2154,SC2016 # the caller sets folder, names, program and args
# Starts an engine for each of $names and prints their process ids. The connection file comes by standard input.
umask 077
mkdir -p "$folder" || exit
read -r IPP_CONNECTION_INFO || exit
export IPP_CONNECTION_INFO
for name in $names; do
	rm -f "$folder/$name.exit" "$folder/$name.pid"
	setsid sh -c '
		trap : HUP
		eval "exec \"\$1\" engine $3" >"$2.log" 2>&1 </dev/null &
		echo $! >"$2.pid"
		wait $!
		echo $? >"$2.exit.new"
		mv "$2.exit.new" "$2.exit"
	' gale "$program" "$folder/$name" "$args" >/dev/null 2>&1 </dev/null &
	tries=0
	until [ -s "$folder/$name.pid" ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo "the engine does not start: $folder/$name.log" >&2; exit 1; }
		sleep 0.1
	done
	cat "$folder/$name.pid"
done
