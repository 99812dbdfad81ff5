package cli

import (
	"errors"
	"fmt"

	"github.com/lockstep-db/lockstep/parser"
)

// runFlags are what upgrade and downgrade have in common.
type runFlags struct {
	SQL    bool   `name:"sql" help:"Print the script instead of running it; needs no database."`
	Output string `short:"o" placeholder:"FILE" help:"With --sql: write the script to a file."`
	Plain  bool   `help:"With --sql: leave out psql's own commands."`
	JSON   bool   `name:"json" help:"Report as JSON."`

	stepFlags `embed:""`
}

// stepFlags say how steps are carried out.
type stepFlags struct {
	Resume           bool   `help:"Go on with a script without a transaction that was interrupted."`
	LockTimeout      string `placeholder:"TIME" env:"LOCKSTEP_LOCK_TIMEOUT" help:"How long a statement waits for a lock on a table, such as 500ms or 2min; 0 is for ever. For files in a transaction whose header has none. Default: 5s, unless the role or the database has one."`
	LockRetries      int    `default:"10" placeholder:"N" env:"LOCKSTEP_LOCK_RETRIES" help:"How often a step that did not get such a lock, or was in a deadlock, is tried again. Default: ${default}."`
	DumpSchema       string `placeholder:"FILE" env:"LOCKSTEP_DUMP_SCHEMA" help:"Write the schema of the database to a file afterwards, as lockstep dump does."`
	PgDump           string `name:"pg-dump" placeholder:"PATH" env:"LOCKSTEP_PG_DUMP" help:"The pg_dump to use for --dump-schema. Default: the one in PATH."`
	StatementTimeout string `placeholder:"TIME" env:"LOCKSTEP_STATEMENT_TIMEOUT" help:"How long a statement may run. For files in a transaction whose header has none. Default: the server's."`
}

// Validate is for kong, which prints its error as one of usage.
func (f stepFlags) Validate() error {
	for flag, value := range map[string]string{"lock-timeout": f.LockTimeout, "statement-timeout": f.StatementTimeout} {
		if value == "" {
			continue
		}
		if err := parser.ValidTimeout(value); err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
	}
	if f.LockRetries < 0 {
		return errors.New("--lock-retries: less than none")
	}
	return nil
}
