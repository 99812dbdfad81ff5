package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lockstep-db/lockstep/schema"
)

// pgconn knows a part of libpq's parameters and variables. It reads no other variables, and sends
// other parameters to the server, as settings. These are the rest of what is in "Parameter Key
// Words" and "Environment Variables", in the chapter on libpq of PostgreSQL's manual.
var (
	// restOfVariables are the parameters that further variables stand for.
	restOfVariables = map[string]string{
		"PGDATESTYLE":             "datestyle", // a setting for the server, as the next one
		"PGGEQO":                  "geqo",
		"PGHOSTADDR":              "hostaddr",
		"PGGSSENCMODE":            "gssencmode",
		"PGREQUIREPEER":           "requirepeer",
		"PGSSLCRL":                "sslcrl",
		"PGSSLCRLDIR":             "sslcrldir",
		"PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
		"PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
	}

	// protecting are parameters that a connection must not be made without, with the values that
	// ask for nothing that pgconn does not do.
	protecting = map[string][]string{
		"gssencmode":               {"disable", "prefer"},
		"requirepeer":              nil,
		"sslcrl":                   nil,
		"sslcrldir":                nil,
		"ssl_min_protocol_version": {"TLSv1", "TLSv1.1", "TLSv1.2"}, // the last one is Go's own
		"ssl_max_protocol_version": {"TLSv1.3"},
		"scram_client_key":         nil,
		"scram_server_key":         nil,
	}
)

// parseParameters is [pgconn.ParseConfig] for all of libpq's parameters and variables.
func parseParameters(text, source string) (*pgconn.Config, error) {
	config, err := parseWithHost(text)
	if err != nil {
		return nil, parseFault(text, source, err)
	}
	parameters := config.RuntimeParams
	isSocket := filepath.IsAbs(config.Host)
	if err := refuseProtecting(parameters, isSocket, source); err != nil {
		return nil, err
	}
	addVariables(parameters)
	if err := refuseProtecting(parameters, isSocket, pgVariables); err != nil {
		return nil, err
	}
	if err := useAddress(config, source); err != nil {
		return nil, err
	}
	parameters["application_name"] = cmp.Or(parameters["application_name"], parameters["fallback_application_name"])
	maps.DeleteFunc(parameters, func(name, _ string) bool { // used by now, or a connection is as good without
		return schema.IsLibpqs(name) && name != "application_name" && name != "options"
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

// forgetVariables is for a throwaway server, which has an address and settings of its own, and needs
// no protection.
func forgetVariables() error {
	var errs []error
	for variable := range restOfVariables {
		errs = append(errs, os.Unsetenv(variable))
	}
	return errors.Join(errs...)
}

// refuseProtecting refuses what can't be done and protects the connection.
func refuseProtecting(parameters map[string]string, isSocket bool, source string) error {
	for _, name := range slices.Sorted(maps.Keys(protecting)) {
		if name == "requirepeer" && !isSocket {
			continue // libpq doesn't look either
		}
		value, known := parameters[name], protecting[name]
		switch {
		case value == "" || slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, value) }):
		case known == nil:
			return settingFault("read %s: lockstep does not support %s", source, name)
		default:
			return settingFault("read %s: lockstep supports no %s but %s", source, name, strings.Join(known, ", "))
		}
	}
	return nil
}

// useAddress has hostaddr say where to connect to. The host is what certificates and password
// files have.
func useAddress(config *pgconn.Config, source string) error {
	address := config.RuntimeParams["hostaddr"]
	if address == "" {
		return nil
	}
	if address == os.Getenv("PGHOSTADDR") {
		source = pgVariables
	}
	if _, err := netip.ParseAddr(address); err != nil {
		return settingFault("read %s: invalid hostaddr: %q is no IP address", source, address)
	}
	another := func(f *pgconn.FallbackConfig) bool { return f.Host != config.Host }
	if filepath.IsAbs(config.Host) || slices.ContainsFunc(config.Fallbacks, another) {
		return settingFault("read %s: hostaddr is for one host; there are several, or a directory of sockets", source)
	}
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{address}, nil }
	return nil
}

// parseWithHost has hostaddr be the host where none is named.
func parseWithHost(text string) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(text)
	if err != nil || os.Getenv("PGHOST") != "" {
		return config, err
	}
	address, given := config.RuntimeParams["hostaddr"]
	if !given {
		address = os.Getenv("PGHOSTADDR")
	}
	if address == "" {
		return config, nil
	}
	if err := os.Setenv("PGHOST", address); err != nil { // pgconn takes defaults from nowhere else
		return nil, err
	}
	defer func() { _ = os.Unsetenv("PGHOST") }()
	return pgconn.ParseConfig(text)
}

// withAddress is a connection string that says what PGHOSTADDR says, for a dumper, which also works on
// servers that the variable is not about.
func withAddress(text string) string {
	address := os.Getenv("PGHOSTADDR")
	switch {
	case address == "" || text == throwaway || strings.Contains(text, "hostaddr"):
		return text
	case !strings.Contains(text, "://"):
		return strings.TrimSpace(text + " hostaddr=" + address)
	case strings.Contains(text, "?"):
		return text + "&hostaddr=" + address
	}
	return text + "?hostaddr=" + address
}
