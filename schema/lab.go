// Package schema compares the schema that migrations make with others: with the one that
// files declare, with that of a database, with itself after a way down and up again.
//
// PostgreSQL parses what is declared and pg_dump describes what is there; nothing here
// understands DDL. All of it happens on scratch databases, which are dropped again.
package schema

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/scratch"
)

// Options say where a lab works and with what.
type Options struct {
	// ScratchURL is a server on which databases may be made, with the version, the extensions
	// and the roles that the schema needs. Default: a private server from the programs on
	// this machine.
	ScratchURL string
	// PgDump is the path of pg_dump. Default: the first on this machine.
	PgDump string
	// VersionSchema is the schema of the version table where it has one of its own.
	VersionSchema string
	// Log gets what the server says of the scripts; default: nothing is logged.
	Log *slog.Logger
}

// Lab makes schemas on scratch databases. It must be closed.
type Lab struct {
	Dumper

	log       *slog.Logger
	url       string
	server    *scratch.Server
	databases []*scratch.Database
}

// Open makes a lab ready, and removes what earlier ones, which were killed, have left on a
// server of the caller's.
func Open(ctx context.Context, o Options) (*Lab, error) {
	dumper, err := NewDumper(ctx, o.PgDump, o.VersionSchema)
	if err != nil {
		return nil, err
	}
	l := &Lab{Dumper: dumper, log: o.Log, url: o.ScratchURL}
	if l.url != "" {
		return l, scratch.Sweep(ctx, l.url)
	}
	if l.server, err = scratch.Start(ctx, scratch.Options{}); err != nil {
		return nil, err
	}
	l.url = l.server.URL()
	return l, nil
}

// Close drops every database of the lab.
func (l *Lab) Close() error {
	if l.server != nil {
		return l.server.Close()
	}
	var errs []error
	for _, d := range l.databases {
		errs = append(errs, d.Close(context.Background()))
	}
	return errors.Join(errs...)
}

// Empty is the URL of a new, empty database.
func (l *Lab) Empty(ctx context.Context) (string, error) {
	d, err := scratch.Create(ctx, l.url)
	if err != nil {
		return "", err
	}
	l.databases = append(l.databases, d)
	return d.URL(), nil
}

// copy is the URL of a new database like another one of the lab, to which nobody may be
// connected.
func (l *Lab) copy(ctx context.Context, url string) (string, error) {
	i := slices.IndexFunc(l.databases, func(d *scratch.Database) bool { return d.URL() == url })
	d, err := l.databases[i].Copy(ctx)
	if err != nil {
		return "", err
	}
	l.databases = append(l.databases, d)
	return d.URL(), nil
}

// Replay is the URL of a new database with the revisions that targets need.
func (l *Lab) Replay(ctx context.Context, h *revision.History, targets ...string) (string, error) {
	url, err := l.Empty(ctx)
	if err != nil {
		return "", err
	}
	r, err := l.connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer r.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the database goes anyway
	if l.VersionSchema != "" {
		if _, err := r.EnsureVersion(ctx); err != nil {
			return "", err
		}
	}
	for _, target := range targets {
		if _, err := r.Upgrade(ctx, h, target, revision.Accept{OutOfOrder: true}); err != nil {
			return "", err
		}
	}
	return url, nil
}

// Load is the URL of a new database with what the files of a declared schema make, in the
// order in which they are given. Errors are those of migrations: with file and line.
func (l *Lab) Load(ctx context.Context, files []revision.Script) (string, error) {
	var revisions []*revision.Revision
	for n, file := range files {
		r := &revision.Revision{ID: fmt.Sprintf("file_%d", n+1), Up: file, Down: file}
		if n > 0 {
			r.Parents = []string{revisions[n-1].ID}
		}
		revisions = append(revisions, r)
	}
	h, err := revision.New(revisions)
	if err != nil {
		return "", err
	}
	return l.Replay(ctx, h, "heads")
}

// connect is a runner on a scratch database.
func (l *Lab) connect(ctx context.Context, url string) (*runner.Runner, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, errors.New("parse connection string of the scratch server")
	}
	return runner.Connect(ctx, config, runner.Options{Log: l.log, Schema: l.VersionSchema})
}

// Compare lists the objects in which one database is not like another.
func (l *Lab) Compare(ctx context.Context, have, want string) ([]Difference, error) {
	a, err := l.Snapshot(ctx, have)
	if err != nil {
		return nil, err
	}
	b, err := l.Snapshot(ctx, want)
	if err != nil {
		return nil, err
	}
	return Compare(a, b), nil
}
