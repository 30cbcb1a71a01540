# Starts an engine for each of $names and prints their process ids. The connection file comes by standard input.
umask 077
mkdir -p "$folder" || exit
read -r IPP_CONNECTION_INFO || exit
export IPP_CONNECTION_INFO
for name in $names; do
	rm -f "$folder/$name.exit"
	setsid sh -c '
		trap : HUP
		eval "exec \"\$1\" engine $3" >"$2.log" 2>&1 </dev/null &
		echo $! >"$2.pid"
		wait $!
		echo $? >"$2.exit.new"
		mv "$2.exit.new" "$2.exit"
	' gale "$program" "$folder/$name" "$args" >/dev/null 2>&1 </dev/null &
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -s "$folder/$name.pid" ] && break
		sleep 0.1
	done
	cat "$folder/$name.pid" || exit
done
