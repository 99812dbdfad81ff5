# Makes a PostgreSQL server and runs it for as long as standard input stays open; then stops
# it and removes its directory. The caller holds the other end of the pipe, so the server
# ends with the caller, whatever ends that.
#
#	sh -c SUPERVISE NAME DIR BIN [server option ...]
#
# Standard output is closed when the server has stopped or could not start. The directory,
# and the log in it, stay until standard input is closed as well.

dir=$1 bin=$2
shift 2
PATH=$PATH:/usr/bin:/bin # for rm and sleep
exec 3<&0 </dev/null 2>>"$dir/log"
trap : HUP TERM # only ends the wait below; what follows it still has to run

# run CMD [ARG ...]: runs the command, and stops it when the caller is gone.
run() {
	"$@" 3<&- >&2 &
	child=$!
	{
		read -r _ <&3
		# Again and again: a background command ignores it until it has set its handler.
		while kill -QUIT "$child"; do sleep 0.1; done
	} >/dev/null 2>&1 &
	watcher=$!
	wait "$child"
	status=$?
	kill -QUIT "$child" 2>/dev/null && wait "$child"
	kill "$watcher" 2>/dev/null
	return "$status"
}

run "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust \
	--encoding=UTF8 --locale=C --no-sync &&
	run "$bin/postgres" -D "$dir/data" "$@"

exec >&-
read -r _ <&3
rm -rf "$dir" || { sleep 1 && rm -rf "$dir"; } # a straggler may have written once more
