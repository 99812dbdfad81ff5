package cli

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// pgconn knows a part of libpq's parameters and variables. It reads no other variables, and sends
// other parameters to the server, as settings. These are the rest of what is in "Parameter Key
// Words" and "Environment Variables", in the chapter on libpq of PostgreSQL's manual.
var (
	// restOfVariables are the parameters that further variables stand for.
	restOfVariables = map[string]string{
		"PGDATESTYLE": "datestyle", // a setting for the server, as the next one
		"PGGEQO":      "geqo",
	}

	// indifferent are parameters that are left out: a connection is as good without them.
	indifferent = []string{
		"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
		"sslcompression", "gsslib", "gssdelegation", "load_balance_hosts",
		"fallback_application_name", // see parseParameters, which has used it by then
	}
)

// parseParameters is [pgconn.ParseConfig] for all of libpq's parameters and variables.
func parseParameters(text, source string) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(text)
	if err != nil {
		return nil, parseFault(text, source, err)
	}
	parameters := config.RuntimeParams
	addVariables(parameters)
	parameters["application_name"] = cmp.Or(parameters["application_name"], parameters["fallback_application_name"])
	maps.DeleteFunc(parameters, func(name, _ string) bool {
		return slices.Contains(indifferent, name)
	})
	return config, nil
}

// addVariables adds what variables say and the connection string does not. The server's settings
// may be written in upper case there.
func addVariables(parameters map[string]string) {
	for variable, name := range restOfVariables {
		value := os.Getenv(variable)
		if _, given := parameters[name]; !given && value != "" && value != "default" {
			parameters[name] = value
		}
	}
	for name := range parameters {
		if lower := strings.ToLower(name); lower != name {
			delete(parameters, lower)
		}
	}
}
