package scratch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/sql"
)

// Database is an empty database on somebody's server. It must be closed: nothing else
// removes it.
type Database struct {
	name   string
	server string // connection string; may hold a password
}

// Create makes a database named lockstep_scratch_ and a random part, on the server that
// serverURL reaches. It is a copy of template0, so nothing that was added to template1 is in
// it. serverURL is a URL or key=value settings; its user must be allowed to create databases.
// No error quotes it, since it may hold a password.
func Create(ctx context.Context, serverURL string) (*Database, error) {
	return create(ctx, serverURL, "template0")
}

func create(ctx context.Context, serverURL, template string) (*Database, error) {
	db := &Database{name: newName(time.Now()), server: serverURL}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// The server goes on with it when a canceled client has gone, and nobody would drop it.
	whole := context.WithoutCancel(ctx)
	if err := db.onServer(whole, "CREATE DATABASE "+db.identifier()+" TEMPLATE "+sql.Identifier(template)); err != nil {
		return nil, fmt.Errorf("create database %s: %w", db.name, err)
	}
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), db.Close(whole))
	}
	return db, nil
}

// Copy makes another database that is like this one. Nobody may be connected to this one.
func (db *Database) Copy(ctx context.Context) (*Database, error) {
	return create(ctx, db.server, db.name)
}

// prefix begins the names of scratch databases. Behind it stands when they were made, in
// seconds, and a random part.
const prefix = "lockstep_scratch_"

func newName(at time.Time) string {
	return fmt.Sprintf("%s%d_%s", prefix, at.Unix(), strings.ToLower(rand.Text()))
}

// abandoned is the age from which a scratch database that nobody is connected to is taken
// for one that a killed process has left.
const abandoned = 6 * time.Hour

// Sweep drops the scratch databases on a server that killed processes have left there.
func Sweep(ctx context.Context, serverURL string) error {
	conn, err := pgconn.Connect(ctx, serverURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // what was to be done has its own error
	results, err := conn.Exec(ctx, unused).ReadAll()
	if err != nil {
		return fmt.Errorf("look for abandoned scratch databases: %w", err)
	}
	for _, row := range results[0].Rows {
		name := string(row[0])
		if !isAbandoned(name, time.Now()) {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+sql.Identifier(name)).ReadAll(); err != nil {
			return fmt.Errorf("drop the abandoned database %s: %w", name, err)
		}
	}
	return nil
}

// unused asks for the scratch databases that nobody is connected to.
const unused = `SELECT datname FROM pg_database AS d WHERE starts_with(datname, '` + prefix + `')
	AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datid = d.oid)`

// isAbandoned reports whether a database was made so long ago that nobody can be at it.
func isAbandoned(name string, now time.Time) bool {
	seconds, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "_")
	made, err := strconv.ParseInt(seconds, 10, 64)
	return err == nil && now.Sub(time.Unix(made, 0)) > abandoned
}

// URL is the connection string of the database: the server's, in the same form, with the
// name of the database in it, and with the password if that had one.
func (db *Database) URL() string { return withDatabase(db.server, db.name) }

// Close drops the database and ends the sessions in it. Give it a context that the end of the
// work has not cancelled.
func (db *Database) Close(ctx context.Context) error {
	if err := db.onServer(ctx, "DROP DATABASE "+db.identifier()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", db.name, err)
	}
	return nil
}

func (db *Database) identifier() string { return sql.Identifier(db.name) }

// onServer runs one statement over a connection of its own, outside a transaction, and by the
// simple protocol, which a pooler does not refuse.
func (db *Database) onServer(ctx context.Context, statement string) error {
	config, err := pgconn.ParseConfig(db.server)
	if err != nil {
		return withoutSecret(err)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	// The session has to end although the context may just have.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the statement has its own error
	_, err = conn.Exec(ctx, statement).ReadAll()
	return err
}

// withoutSecret is the reason that pgx gives without the connection string that it quotes,
// where it masks a password as well as it can, and in a malformed string that may not be
// well enough.
func withoutSecret(err error) error {
	reason := err.Error()
	if i := strings.LastIndex(reason, "`: "); i >= 0 {
		reason = reason[i+len("`: "):]
	}
	return errors.New("parse connection string: " + reason)
}

// withDatabase is the connection string with another database name. It changes the text and
// does not parse it, so what it does not know stays as it was written.
func withDatabase(connString, name string) string {
	scheme, rest, isURL := strings.Cut(connString, "://")
	if !isURL || (scheme != "postgres" && scheme != "postgresql") {
		return strings.TrimSpace(connString + " dbname=" + name) // the last of two wins
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, _, _ := strings.Cut(rest, "/")
	url := scheme + "://" + authority + "/" + name
	if query = withoutDatabase(query); query != "" {
		url += "?" + query
	}
	return url
}

// withoutDatabase is the query without the parameters that would override the URL's path.
func withoutDatabase(query string) string {
	parameters := slices.DeleteFunc(strings.Split(query, "&"), func(parameter string) bool {
		key, _, _ := strings.Cut(parameter, "=")
		return key == "dbname" || key == "database"
	})
	return strings.Join(parameters, "&")
}
