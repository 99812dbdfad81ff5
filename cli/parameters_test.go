package cli

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// What a server does not know is not sent to it, and what is meant for it is sent.
func TestRuntimeParameters(t *testing.T) {
	t.Setenv("PGDATESTYLE", "German")
	t.Setenv("PGTZ", "Europe/Berlin")
	t.Setenv("PGGEQO", "off")
	const all = "keepalives=1&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&tcp_user_timeout=1&" +
		"sslcompression=0&gssencmode=prefer&gsslib=gssapi&gssdelegation=0&load_balance_hosts=random&sslsni=1&" +
		"requirepeer=&ssl_min_protocol_version=tlsv1.2&fallback_application_name=job"
	for query, want := range map[string]string{
		"":                                   "datestyle=German geqo=off timezone=Europe/Berlin",
		"DateStyle=ISO&TimeZone=UTC&geqo=on": "DateStyle=ISO TimeZone=UTC geqo=on",
		all:                                  "application_name=job datestyle=German geqo=off timezone=Europe/Berlin",
		"fallback_application_name=job&application_name=own": "application_name=own datestyle=German geqo=off timezone=Europe/Berlin",
	} {
		config, err := parseDatabase("postgres://db/d?"+query, "the test")
		if err != nil {
			t.Fatal(err)
		}
		var sent []string
		for _, name := range slices.Sorted(maps.Keys(config.RuntimeParams)) {
			if value := config.RuntimeParams[name]; value != "" {
				sent = append(sent, name+"="+value)
			}
		}
		if got := strings.Join(sent, " "); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// No connection is made without a protection that was asked for.
func TestProtecting(t *testing.T) {
	for _, c := range []struct{ variable, name, value, want string }{
		{"PGREQUIREPEER", "requirepeer", "postgres", "lockstep does not support requirepeer"},
		{"PGGSSENCMODE", "gssencmode", "require", "lockstep supports no gssencmode but disable, prefer"},
		{"PGSSLCRL", "sslcrl", "crl", "lockstep does not support sslcrl"},
		{"PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version", "TLSv1.3", "lockstep supports no ssl_min_protocol_version but TLSv1, TLSv1.1, TLSv1.2"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			text := "host=db " + c.name + "=" + c.value
			if _, err := parseDatabase(text, "the test"); err == nil || err.Error() != "read the test: "+c.want {
				t.Errorf("%s: got %v", text, err)
			}
			t.Setenv(c.variable, c.value)
			if _, err := parseDatabase("host=db", "the test"); err == nil || err.Error() != "read the PG* variables: "+c.want {
				t.Errorf("%s: got %v", c.variable, err)
			}
			if err := forgetVariables(); err != nil {
				t.Fatal(err)
			}
			if _, err := parseDatabase("host=db", "the test"); err != nil {
				t.Errorf("for a throwaway server: %v", err)
			}
		})
	}
}
