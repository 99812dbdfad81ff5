package scratch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
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
	db := &Database{name: "lockstep_scratch_" + strings.ToLower(rand.Text()), server: serverURL}
	if err := db.onServer(ctx, "CREATE DATABASE "+db.identifier()+" TEMPLATE template0"); err != nil {
		return nil, fmt.Errorf("create database %s: %w", db.name, err)
	}
	return db, nil
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

func (db *Database) identifier() string { return pgx.Identifier{db.name}.Sanitize() }

// onServer runs one statement over a connection of its own, outside a transaction, and by the
// simple protocol, which a pooler does not refuse.
func (db *Database) onServer(ctx context.Context, statement string) error {
	config, err := pgx.ParseConfig(db.server)
	if err != nil {
		return withoutSecret(err)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	// The session has to end although the context may just have.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the statement has its own error
	_, err = conn.Exec(ctx, statement)
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
