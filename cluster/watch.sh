# shellcheck shell=sh disable=SC2154,SC2016 # the caller sets folder and names
# Watches the engines $names and prints a line when one has ended: its name, its exit status or "lost", and then its last lines.
# It ends when its standard input does, for a command outlives the connection that started it.
(
	while [ -n "$names" ]; do
		left=
		for name in $names; do
			if [ -e "$folder/$name.exit" ]; then
				status=$(cat "$folder/$name.exit")
			elif kill -0 "$(cat "$folder/$name.pid" 2>/dev/null)" 2>/dev/null; then
				left="$left $name"
				continue
			elif sleep 1 && [ -e "$folder/$name.exit" ]; then # it ended just now
				status=$(cat "$folder/$name.exit")
			else
				status=lost
			fi
			echo "end $name $status"
			tail -n 20 "$folder/$name.log" 2>/dev/null | sed 's/^/ /'
			echo "over $name"
			rm -f "$folder/$name.exit" "$folder/$name.pid"
		done
		names=$left
		echo alive
		sleep 1
	done
	kill $$
) &
watcher=$!
cat >/dev/null
kill $watcher 2>/dev/null
