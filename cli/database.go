package cli

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/runner"
	"github.com/lockstep-db/lockstep/scratch"
	"github.com/lockstep-db/lockstep/sql"
)

// connectTimeout is how long to wait for a server that does not answer, unless the
// URL or PGCONNECT_TIMEOUT says otherwise.
const connectTimeout = 15 * time.Second

// databaseSource says where the database's URL comes from. The first of these that
// is set decides: --database-url, LOCKSTEP_DATABASE_URL, the chosen environment of
// lockstep.toml, DATABASE_URL, the top of lockstep.toml; else libpq's PG* variables,
// service file and passfile. Each may also be given as a file, with _FILE or _file
// after its name.
func (s *settings) databaseSource(c *config) (text, source string, err error) {
	if s.DatabaseURL != "" {
		return s.DatabaseURL, "--database-url", nil
	}
	for _, look := range []func() (string, string, error){
		func() (string, string, error) { return fromVariable("LOCKSTEP_DATABASE_URL") },
		func() (string, string, error) { return c.secretOf(c.env, "env."+c.environment+".database_url") },
		func() (string, string, error) { return fromVariable("DATABASE_URL") },
		func() (string, string, error) { return c.secretOf(c.top, "database_url") },
	} {
		if text, source, err = look(); text != "" || err != nil {
			return text, source, err
		}
	}
	return "", pgVariables, nil
}

// fromVariable reads NAME, or the file that NAME_FILE names.
func fromVariable(name string) (text, source string, err error) {
	value, file := os.Getenv(name), os.Getenv(name+"_FILE")
	switch {
	case value != "" && file != "":
		return "", "", settingFault("%s and %s_FILE are both set; unset one of them", name, name)
	case file != "":
		text, err = secret(file, name+"_FILE")
		return text, name + "_FILE", err
	}
	return value, name, nil
}

// secretOf reads database_url or database_url_file of a table of lockstep.toml.
func (c *config) secretOf(table map[string]any, name string) (text, source string, err error) {
	value, _ := table["database_url"].(string)
	file, _ := table["database_url_file"].(string)
	switch {
	case value != "" && file != "":
		return "", "", settingFault("%s and %s_file are both set; remove one of them", name, name)
	case file != "":
		text, err = secret(c.relative(file), name+"_file")
		return text, name + "_file", err
	}
	return value, name, nil
}

// session is a runner with what has to be closed after it.
type session struct {
	*runner.Runner
	server *scratch.Server
}

// close ends the connection, and the throwaway server if there is one.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.Close(ctx) // the work is done and committed, or has its own error
	if s.server != nil {
		_ = s.server.Close()
	}
}

// throwaway stands for the URL of a server that is started for the command alone.
const throwaway = "scratch:"

// connect opens the connection that a command works on.
func (s *settings) connect(ctx context.Context, c *config, streams Streams) (*session, error) {
	text, source, err := s.databaseSource(c)
	if err != nil {
		return nil, err
	}
	return s.connectTo(ctx, text, source, streams, runner.Options{})
}

func (s *settings) connectTo(ctx context.Context, text, source string, streams Streams, o runner.Options) (*session, error) {
	var server *scratch.Server
	var err error
	if text == throwaway {
		if err = forgetVariables(); err != nil {
			return nil, err
		}
		if server, err = scratch.Start(ctx, scratch.Options{}); err != nil {
			return nil, err
		}
		text = server.URL()
	}
	connected := &session{server: server}
	if connected.Runner, err = s.dial(ctx, text, source, streams, o); err != nil {
		if server != nil {
			_ = server.Close()
		}
		return nil, err
	}
	return connected, nil
}

func (s *settings) dial(ctx context.Context, text, source string, streams Streams, o runner.Options) (*runner.Runner, error) {
	config, err := parseStrictly(text, source, streams)
	if err != nil {
		return nil, err
	}
	if s.LockWait < 0 {
		return nil, settingFault("lock_wait: %s is less than nothing", s.LockWait)
	}
	o = s.addTo(o)
	o.LockWait, o.Log = s.LockWait, s.logger(streams)
	r, err := s.patiently(ctx, config, streams, o)
	if err != nil {
		waited := ""
		if s.Wait > 0 {
			waited = "--wait"
		}
		return nil, &connectError{config: config, source: source, waited: waited, err: err}
	}
	return r, nil
}

// parseDatabase reads a URL or key=value text. Its errors name the source and never
// the text, which may hold a password.
func parseDatabase(text, source string) (*pgconn.Config, error) {
	if err := passwordFromFile(); err != nil {
		return nil, err
	}
	config, err := parseParameters(text, source)
	if err != nil {
		return nil, err
	}
	if text == "" && variablesFault() == invalidSSLMode { // on a socket, pgconn does not look
		return nil, settingFault("read %s: %s", source, invalidSSLMode)
	}
	if strings.Contains(config.Host, "@") {
		return nil, settingFault("read %s: there is an @ too many; write %%40 for an @ in a password", source)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	return config, nil
}

// state reads what a database has, on a connection of its own.
func (s *settings) state(ctx context.Context, c *config, streams Streams) (runner.State, error) {
	session, err := s.connect(ctx, c, streams)
	if err != nil {
		return runner.State{}, err
	}
	defer session.close()
	return s.read(ctx, session, streams)
}

// tellStore warns when an upgrade would refuse to use lockstep's tables or procedures.
func (s *settings) tellStore(ctx context.Context, session *session, state runner.State, streams Streams) error {
	if !state.Found {
		return nil
	}
	err := session.CheckStore(ctx)
	server, ok := serverError(err)
	if !ok || server.Code != sql.SchemaUnusable {
		return err
	}
	// Whose it is matters to those who migrate.
	if session.Superuser() || strings.Contains(server.Message, "as lockstep made it") {
		streams.say("warning", "%s", plainly(err))
	}
	return nil
}

// read reads the state, and warns of a version table in a schema that was not meant.
func (s *settings) read(ctx context.Context, session *session, streams Streams) (runner.State, error) {
	state, err := session.State(ctx)
	if state.Elsewhere != "" {
		streams.say("warning", "there is no version table here, but one in schema %s", state.Elsewhere)
	}
	return state, err
}
