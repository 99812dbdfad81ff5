package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// strayPercent is a "%" that begins no escape of a URL.
var strayPercent = lazily(`%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)`)

// schemeOf is how a URL begins: another program's, such as JDBC or SQLAlchemy, has one of its own.
var schemeOf = lazily(`^(jdbc:)?[a-zA-Z][a-zA-Z0-9+.-]*://`)

// parseFault says what is wrong with a URL or key=value text, and never shows it.
func parseFault(text, source string, err error) error {
	if strings.Contains(text, "://") && strayPercent().MatchString(text) {
		return settingFault("read %s: a %% in the URL is not followed by two hexadecimal digits; write %%25 for a %% in a password", source)
	}
	if scheme := schemeOf().FindString(text); scheme != "" && scheme != "postgres://" && scheme != "postgresql://" {
		return settingFault("read %s: a URL of PostgreSQL's begins with postgres:// or postgresql://, not with %s", source, scheme)
	}
	reason := parameterFault(err)
	switch {
	case reason == "":
		return settingFault("read %s: not a URL like postgres://user:password@host:5432/database, nor key=value words", source)
	case reason == variablesFault():
		return settingFault("read %s: %s", pgVariables, reason)
	case reason == invalidPort && strings.Contains(text, "@"):
		return settingFault("read %s: %s; write %%2F for a / in a password", source, reason)
	}
	return settingFault("read %s: %s", source, reason)
}

// Faults that more is to be said or done about.
const (
	invalidPort    = "invalid port"
	invalidSSLMode = "invalid sslmode"
)

// parameterFault is what pgconn says of a parameter, without the connection string. It is empty where
// there are no parameters to speak of: what is malformed may be quoted from the midst of a password.
func parameterFault(err error) string {
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) {
		return ""
	}
	bare := *parse
	bare.ConnString = ""
	text, inner := strings.TrimPrefix(bare.Error(), "cannot parse ``: "), bare.Unwrap()
	var number *strconv.NumError
	switch {
	case strings.HasPrefix(text, "failed to parse as "):
		return ""
	case errors.As(inner, &number):
		text = fmt.Sprintf("invalid connect_timeout: %q is no number of seconds", number.Num)
	case strings.HasPrefix(text, "failed to "): // read a service, configure TLS
		text = parameterNames.Replace(inner.Error())
	}
	return concealed(text)
}

// parameterNames has pgconn speak of parameters by their names.
var parameterNames = strings.NewReplacer(
	"failed to read service file: ", "invalid service: no file ",
	"unable to find service: ", "invalid service: there is none named ",
	"sslmode is invalid", invalidSSLMode,
	"unable to read CA file", "invalid sslrootcert",
	"unable to add CA to cert pool", "invalid sslrootcert: no certificate in the file",
	"unable to read sslkey", "invalid sslkey",
	"failed to decode sslkey", "invalid sslkey: not PEM",
	"unable to decrypt key", "invalid sslpassword",
	"unable to find sslpassword", "invalid sslkey: it is encrypted, and there is no sslpassword",
	"unable to read cert", "invalid sslcert",
	"unable to load cert", "invalid sslcert",
)

// variablesFault is what is wrong with the PG* variables by themselves.
func variablesFault() string {
	_, err := pgconn.ParseConfig("host=localhost") // a socket would not have it look at those of TLS
	return parameterFault(err)
}
