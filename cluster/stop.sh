# shellcheck shell=sh disable=SC2154,SC2016 # the caller sets folder, name and grace
# Ends the engine $name: SIGTERM, then SIGKILL after $grace seconds.
pid=$(cat "$folder/$name.pid" 2>/dev/null) || exit 0
kill -TERM "$pid" 2>/dev/null
for _ in $(seq $((grace * 10))); do
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.1
done
kill -KILL "$pid" 2>/dev/null
rm -f "$folder/$name.pid" "$folder/$name.exit" "$folder/$name.log"
exit 0
