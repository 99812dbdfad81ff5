#!/bin/sh
# Starts PostgreSQL in a container, as far as the tests use it the way the official image
# does: a cluster is made at the first start, with the superuser postgres. POSTGRES_PASSWORD
# is that user's password, or what is in POSTGRES_PASSWORD_FILE; without one, everybody is
# trusted.
#
#	docker-entrypoint.sh postgres [server option ...]
set -eu

if [ "$(id -u)" = 0 ]; then
	install -d -o postgres -g postgres -m 0700 "$PGDATA"
	install -d -o postgres -g postgres -m 2775 /var/run/postgresql
	exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

# Makes the cluster. It is written aside and put in place whole, so that a container which is
# stopped meanwhile starts anew.
make_cluster() {
	[ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
	method=trust
	[ -z "${POSTGRES_PASSWORD:-}" ] || method=scram-sha-256
	printf '%s\n' "${POSTGRES_PASSWORD:-unused}" >/tmp/password
	rm -rf "$PGDATA/new"
	initdb --pgdata="$PGDATA/new" --username=postgres --pwfile=/tmp/password \
		--auth-local=trust --auth-host="$method" --encoding=UTF8 --locale=C.UTF-8 --no-sync
	rm /tmp/password
	echo "host all all all $method" >>"$PGDATA/new/pg_hba.conf"
	mv "$PGDATA/new" "$PGDATA/cluster"
}

[ -e "$PGDATA/cluster" ] || make_cluster
data=$PGDATA/cluster
unset PGDATA
shift
exec postgres -D "$data" -c listen_addresses='*' -c fsync=off "$@"
