package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// connectError says that no connection was made.
type connectError struct {
	config *pgconn.Config
	source string // where the URL comes from
	waited string // the flag that had it wait, if one did
	err    error
}

func (e *connectError) Error() string {
	database := e.config.Database
	if database == "" {
		database = e.config.User // the server's default
	}
	if all := e.hosts(); len(all) > 1 {
		return fmt.Sprintf("connect to database %s as %s: %s", database, e.config.User, strings.Join(all, "; "))
	}
	return fmt.Sprintf("connect to database %s on %s as %s: %s", database, e.address(), e.config.User, reasonOf(e.err))
}

// hosts are what each host of the URL said, where there are several.
func (e *connectError) hosts() []string {
	var several interface{ Unwrap() []error }
	if !errors.As(e.err, &several) {
		return nil
	}
	var all []string
	last := ""
	for _, err := range several.Unwrap() {
		address, _, _ := strings.Cut(err.Error(), " (")
		if address == last { // with TLS, then without: the second one is what there is to say
			all = all[:len(all)-1]
		}
		all, last = append(all, address+": "+reasonOf(err)), address
	}
	return all
}

func (e *connectError) Unwrap() error { return e.err }

// waitedWith says with which flag a connection was waited for.
func waitedWith(err error, flag string) error {
	var connect *connectError
	if errors.As(err, &connect) {
		connect.waited = flag
	}
	return err
}

func (e *connectError) address() string {
	if strings.HasPrefix(e.config.Host, "/") {
		return e.config.Host
	}
	return net.JoinHostPort(e.config.Host, fmt.Sprint(e.config.Port))
}

// reasonOf is what the server or the network said, without what pgconn puts around it.
func reasonOf(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Message
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return name.Err // the rest is which resolver was asked
	}
	var call *os.SyscallError
	var network *net.OpError
	switch {
	case errors.As(err, &call) && errors.Is(err, fs.ErrNotExist):
		return "no server listens there: no such socket"
	case errors.As(err, &call):
		return call.Err.Error()
	case errors.As(err, &network):
		return network.Err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	for inner := within(err); inner != nil; inner = within(err) {
		err = inner // the outer ones repeat the connection string and the address
	}
	return err.Error()
}

// within is the error that another one wraps; of several, the last one tried.
func within(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		all := several.Unwrap()
		return all[len(all)-1]
	}
	return errors.Unwrap(err)
}

// pgVariables is the source of a connection for which nothing of lockstep's was set.
const pgVariables = "the PG* variables"

// hintConnect is advice about a server that can't be reached, or that lets nobody in.
func hintConnect(err error) string {
	var connect *connectError
	if !errors.As(err, &connect) {
		return ""
	}
	from := "the database was taken from " + connect.source
	if connect.source == pgVariables && !anyVariable("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE") {
		return "no database was named: give --database-url or set DATABASE_URL"
	}
	server, _ := serverError(err)
	switch {
	case server == nil && starting(err) && connect.waited != "":
		return "is the server running there? wait longer with " + connect.waited + "; " + from
	case server == nil && starting(err):
		return "is the server running there? --wait=1m waits for one that starts; " + from
	case server == nil:
		return from
	case server.Code == invalidPassword:
		return "the password is the URL's, else that of PGPASSWORD or the password file; " + from
	case server.Code == unknownDatabase:
		return "create it first: CREATE DATABASE, or createdb; " + from
	}
	return from
}

func anyVariable(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return os.Getenv(name) != "" })
}
