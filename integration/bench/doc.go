// Command bench compares lockstep with other migration tools on the same work, and with psql,
// which is the bound of what a tool that sends SQL can be held to.
//
//	go run . -rows all -json /tmp/bench.json -docs ../../docs
//	go run . -rows nothing/20,apply -tools psql,floor,lockstep,goose -rounds 5
//
// Whole processes run in turn, first a round of every tool, then the next round in reverse, so that
// what else the machine does falls on all of them alike. Before a round it waits for a moment
// without other work: see quiet.go. Where tools are compared, their times in the same round are, and a
// figure is the median of the rounds. Each run has a fresh database, which was connected to once:
// the first connection to a database makes a cache that later ones read.
//
// The goals of lockstep are in lines.go, with their reasons.
//
// The server is a private one made from the PostgreSQL programs on this machine, on a file
// system in memory where there is one, without fsync. Rows whose name ends in -fsync have a
// server that syncs, with its data on a disk.
//
// Peers are built from pinned versions through the Go module proxy, once, into a folder of the
// user's cache. Alembic and sqitch are taken from PATH, and left out with a note where they are
// missing (Debian: apt-get install alembic python3-psycopg2 sqitch libdbd-pg-perl).
//
// Figures are kept in a JSON file, so rows can be run one at a time; -docs renders the whole
// file. A row that is run again loses the old figures of all tools. Peak memory is what the kernel says of a process that has ended. It counts the moment
// between fork and exec, so it can't be told below what this program itself takes.
package main
