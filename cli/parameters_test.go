package cli

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// where is the address that a connection would be made to, as host>address where they differ.
func where(t *testing.T, config *pgconn.Config) string {
	t.Helper()
	addresses, err := config.LookupFunc(t.Context(), config.Host)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(addresses, ","); got != config.Host {
		return config.Host + ">" + got
	}
	return config.Host
}

// hostaddr is where to connect, whatever the host is; it is the host where there is none.
func TestHostaddr(t *testing.T) {
	socket := t.TempDir()
	for _, c := range []struct{ host, address, text, want string }{
		{"", "10.0.0.1", "", "10.0.0.1"},
		{"", "10.0.0.1", "postgres:///d", "10.0.0.1"},
		{"", "10.0.0.1", "host=name.invalid", "name.invalid>10.0.0.1"},
		{"name.invalid", "10.0.0.1", "", "name.invalid>10.0.0.1"},
		{"name.invalid", "", "hostaddr=::1", "name.invalid>::1"},
		{"", "10.0.0.1", "postgres:///d?hostaddr=10.0.0.2", "10.0.0.2"},
		{"", "10.0.0.1", "host=10.0.0.3 hostaddr=", "10.0.0.3"},
		{"", "", "postgres://db/d?hostaddr=db", `read the test: invalid hostaddr: "db" is no IP address`},
		{"", "", "postgres://a,b/d?hostaddr=10.0.0.1,10.0.0.2", `read the test: invalid hostaddr: "10.0.0.1,10.0.0.2" is no IP address`},
		{"", "", "postgres://a,b/d?hostaddr=10.0.0.1", "read the test: hostaddr is for one host; there are several, or a directory of sockets"},
		{socket, "10.0.0.1", "", "read the PG* variables: hostaddr is for one host; there are several, or a directory of sockets"},
	} {
		t.Setenv("PGHOST", c.host)
		t.Setenv("PGHOSTADDR", c.address)
		config, err := parseDatabase(c.text, "the test")
		var got string
		if err != nil {
			got = err.Error()
		} else {
			got = where(t, config)
		}
		if got != c.want {
			t.Errorf("PGHOST=%s PGHOSTADDR=%s %s: got %s, want %s", c.host, c.address, c.text, got, c.want)
		}
		if got := os.Getenv("PGHOST"); got != c.host {
			t.Errorf("%s: left PGHOST=%s", c.text, got)
		}
	}
}

// The dumper is told of the address: the variable is not for all servers that it works on.
func TestWithAddress(t *testing.T) {
	t.Setenv("PGHOSTADDR", "::1")
	for text, want := range map[string]string{
		"": "hostaddr=::1", "dbname=d": "dbname=d hostaddr=::1", "postgres://h/d": "postgres://h/d?hostaddr=::1",
		"postgres://h/d?sslmode=disable": "postgres://h/d?sslmode=disable&hostaddr=::1",
		"hostaddr=10.0.0.1":              "hostaddr=10.0.0.1", throwaway: throwaway,
	} {
		if got := withAddress(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// What a server does not know is not sent to it, and what is meant for it is sent.
func TestRuntimeParameters(t *testing.T) {
	t.Setenv("PGDATESTYLE", "German")
	t.Setenv("PGTZ", "Europe/Berlin")
	t.Setenv("PGGEQO", "off")
	const all = "keepalives=1&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&tcp_user_timeout=1&" +
		"sslcompression=0&gssencmode=prefer&gsslib=gssapi&gssdelegation=0&load_balance_hosts=random&sslsni=1&" +
		"requirepeer=&ssl_min_protocol_version=tlsv1.2&hostaddr=10.0.0.1&fallback_application_name=job"
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
			text := "host=/db " + c.name + "=" + c.value
			if _, err := parseDatabase(text, "the test"); err == nil || err.Error() != "read the test: "+c.want {
				t.Errorf("%s: got %v", text, err)
			}
			t.Setenv(c.variable, c.value)
			if _, err := parseDatabase("host=/db", "the test"); err == nil || err.Error() != "read the PG* variables: "+c.want {
				t.Errorf("%s: got %v", c.variable, err)
			}
			if err := forgetVariables(); err != nil {
				t.Fatal(err)
			}
			if _, err := parseDatabase("host=/db", "the test"); err != nil {
				t.Errorf("for a throwaway server: %v", err)
			}
		})
	}
}
