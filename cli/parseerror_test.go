package cli

import (
	"os"
	"strings"
	"testing"
)

// A parameter that is not understood is named, with the reason, and with neither the URL nor a password.
func TestParameterFault(t *testing.T) {
	const notURL = "not a URL like postgres://user:password@host:5432/database, nor key=value words"
	for text, want := range map[string]string{
		"postgres://u:geheim@h/d?sslmode=foo":                                 "invalid sslmode",
		"postgres://u:geheim@h/d?sslmode=verify-ca&sslrootcert=/nope":         "invalid sslrootcert: open /nope",
		"postgres://u:geheim@h/d?sslcert=/nope":                               `both "sslcert" and "sslkey" are required`,
		"postgres://u:geheim@h/d?sslcert=/nope&sslkey=/none":                  "invalid sslkey: open /none",
		"postgres://u:geheim@h/d?connect_timeout=abc":                         `invalid connect_timeout: "abc" is no number of seconds`,
		"postgres://u:geheim@h/d?connect_timeout=-1":                          "invalid connect_timeout (negative timeout)",
		"postgres://u:geheim@h/d?target_session_attrs=foo":                    "unknown target_session_attrs value: foo",
		"postgres://u@h/d?target_session_attrs=foo%26password%3Dgeheim":       "unknown target_session_attrs value: foo&password=***",
		"postgres://u:geheim@h/d?servicefile=/nope&service=mine":              "invalid service: no file /nope",
		"postgres://u:geheim@h/d?servicefile=" + os.DevNull + "&service=mine": "invalid service: there is none named mine",
		"postgres://u:geheim@h/d?require_auth=foo":                            `invalid require_auth (invalid require_auth method: "foo")`,
		"postgres://h:abc/d":                                                  "invalid port",
		"host=h port=abc":                                                     "invalid port",
		"postgres://u:ge/heim@h/d":                                            "invalid port; write %2F for a / in a password",
		"host=h port=1,2 password=geheim":                                     "could not match 2 port numbers to 1 hosts",
		"library":                                                             notURL,
		"password=ge heim host=h":                                             notURL,
		"postgres://u@h/d?geheim":                                             notURL,
	} {
		_, err := parseDatabase(text, "the test")
		if err == nil || !strings.HasPrefix(err.Error(), "read the test: "+want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "heim") {
			t.Errorf("%s: shown in %v", text, err)
		}
	}
}

// What is wrong with a variable is not said of a URL that goes with it; on a socket, too.
func TestVariableFault(t *testing.T) {
	for variable, want := range map[string]string{
		"PGPORT":               "invalid port",
		"PGSERVICE":            "invalid service: ",
		"PGSSLMODE":            "invalid sslmode",
		"PGCONNECT_TIMEOUT":    "invalid connect_timeout: ",
		"PGTARGETSESSIONATTRS": "unknown target_session_attrs value: ",
	} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv("PGHOST", t.TempDir())
			t.Setenv(variable, "abc")
			for text, source := range map[string]string{"": pgVariables, "postgres://u@h/d": "DATABASE_URL"} {
				_, err := parseDatabase(text, source)
				if err == nil || !strings.HasPrefix(err.Error(), "read the PG* variables: "+want) {
					t.Errorf("with %q: got %v, want %s", text, err, want)
				}
			}
		})
	}
}
