# Stands in for an application: it counts the books, for ever, and ends well on SIGTERM.
trap 'exit 0' TERM
export PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
while :; do
	psql -qAt -v ON_ERROR_STOP=1 -c "SELECT 'books: ' || count(*) FROM books" || exit 1
	sleep 2 &
	wait $!
done
