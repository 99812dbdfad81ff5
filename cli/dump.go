package cli

import (
	"context"
	"io"

	"github.com/lockstep-db/lockstep/schema"
)

type dumpCmd struct {
	Output string `short:"o" placeholder:"FILE" help:"Write to a file. Default: standard output."`

	pgDumpFlag `embed:""`
}

// Run writes the schema of the database as SQL.
func (c *dumpCmd) Run(ctx context.Context, s *settings, config *config, streams Streams) error {
	if c.Output != "" {
		return s.dumpTo(ctx, config, streams, c.PgDump, c.Output)
	}
	text, err := s.dump(ctx, config, streams, c.PgDump)
	if err != nil {
		return err
	}
	_, err = io.WriteString(streams.Out, text)
	return err
}

// dumpTo writes the schema of the database to a file: all of it, or nothing.
func (s *settings) dumpTo(ctx context.Context, config *config, streams Streams, pgDump, path string) error {
	text, err := s.dump(ctx, config, streams, pgDump)
	if err != nil {
		return err
	}
	return writeAtomically(path, writing(text))
}

// dump is the schema of the database that the settings name.
func (s *settings) dump(ctx context.Context, config *config, streams Streams, pgDump string) (string, error) {
	url, source, err := s.databaseSource(config)
	if err != nil {
		return "", err
	}
	if _, err := parseStrictly(url, source, streams); err != nil {
		return "", err
	}
	dumper, err := schema.NewDumper(ctx, pgDump, s.VersionTableSchema)
	if err != nil {
		return "", err
	}
	return dumper.Text(ctx, withAddress(url))
}
