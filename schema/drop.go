package schema

import (
	"regexp"
	"strings"
	"sync"
)

// Names in what pg_dump writes: quoted or plain, with their schemas.
const (
	ident = `(?:"(?:[^"]|"")+"|[^\s".,;()]+)`
	qname = ident + `(?:\.` + ident + `)*`
)

// pattern is a regular expression that is compiled when it is first needed: few commands need
// one, and to compile all of them would be a fifth of what the program does when it starts.
type pattern func() *regexp.Regexp

// lazily is not inlined, or the program would have what sync.OnceValue does once for each call.
// In the expression <I> and <Q> stand for names.
//
//go:noinline
func lazily(expression string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(placeholders.Replace(expression)) })
}

// form is a pattern at the beginning of a statement.
func form(expression string) pattern { return lazily(`^` + expression) }

var placeholders = strings.NewReplacer("<Q>", qname, "<I>", ident)

// dropForms make the statement that drops an object out of the one with which pg_dump
// creates it: the first form that fits.
var dropForms = []struct {
	create pattern
	drop   string
}{
	{form(`CREATE (?:UNLOGGED )?TABLE (<Q>)`), `DROP TABLE $1`},
	{form(`CREATE FOREIGN TABLE (<Q>)`), `DROP FOREIGN TABLE $1`},
	{form(`CREATE (MATERIALIZED VIEW|VIEW|SEQUENCE|TYPE|DOMAIN|SCHEMA|EXTENSION|COLLATION|STATISTICS|SERVER|EVENT TRIGGER|PUBLICATION|FOREIGN DATA WRAPPER|TEXT SEARCH \w+|CONVERSION|ACCESS METHOD) (?:IF NOT EXISTS )?(<Q>)`), `DROP $1 $2`},
	{form(`CREATE UNLOGGED SEQUENCE (<Q>)`), `DROP SEQUENCE $1`},
	{form(`CREATE (?:TRUSTED |PROCEDURAL )*(?:OR REPLACE )?(?:TRUSTED |PROCEDURAL )*LANGUAGE (<Q>)`), `DROP LANGUAGE $1`},
	{form(`CREATE RULE (<I>) AS\s+ON \w+ TO (<Q>)`), `DROP RULE $1 ON $2`},
	{form(`CREATE (?:CONSTRAINT )?TRIGGER (<I>) (?s:.*?) ON (<Q>)`), `DROP TRIGGER $1 ON $2`},
	{form(`CREATE POLICY (<I>) ON (<Q>)`), `DROP POLICY $1 ON $2`},
	{form(`ALTER TABLE (?:ONLY )?(<Q>)\s+ADD CONSTRAINT (<I>)`), `ALTER TABLE $1 DROP CONSTRAINT $2`},
	{form(`ALTER DOMAIN (<Q>)\s+ADD CONSTRAINT (<I>)`), `ALTER DOMAIN $1 DROP CONSTRAINT $2`},
	{form(`ALTER TABLE (?:ONLY )?(<Q>) ALTER COLUMN (<I>) SET DEFAULT`), `ALTER TABLE $1 ALTER COLUMN $2 DROP DEFAULT`},
	{form(`ALTER TABLE (?:ONLY )?(<Q>) ALTER COLUMN (<I>) ADD GENERATED`), `ALTER TABLE $1 ALTER COLUMN $2 DROP IDENTITY`},
	{form(`ALTER TABLE (?:ONLY )?(<Q>) ATTACH PARTITION (<Q>)`), `ALTER TABLE $1 DETACH PARTITION $2`},
	{form(`ALTER TABLE (?:ONLY )?(<Q>) ENABLE ROW LEVEL SECURITY`), `ALTER TABLE $1 DISABLE ROW LEVEL SECURITY`},
	{form(`ALTER PUBLICATION (<Q>) ADD TABLE ONLY (<Q>)`), `ALTER PUBLICATION $1 DROP TABLE $2`},
	{form(`ALTER PUBLICATION (<Q>) ADD TABLES IN SCHEMA (<Q>)`), `ALTER PUBLICATION $1 DROP TABLES IN SCHEMA $2`},
	{form(`ALTER SEQUENCE (<Q>) OWNED BY`), `ALTER SEQUENCE $1 OWNED BY NONE`},
	{form(`CREATE CAST (\(.*? AS .*?\)) `), `DROP CAST $1`},
	{form(`CREATE OPERATOR (CLASS|FAMILY) (<Q>)(?s:.*?)USING (\w+)`), `DROP OPERATOR $1 $2 USING $3`},
	{form(`COMMENT ON (?s:(.*?)) IS (?:'|E')`), `COMMENT ON $1 IS NULL`},
}

var (
	routine      = form(`CREATE (FUNCTION|PROCEDURE|AGGREGATE) (<Q>)`)
	operator     = form(`CREATE OPERATOR (\S+)`)
	operatorSide = lazily(`(LEFT|RIGHT)ARG = (.*?)(?:,\n|\n\))`)
	indexForm    = form(`CREATE (?:UNIQUE )?INDEX (<I>) ON (?:ONLY )?(<Q>)`)
)

// drop is the statement that drops an entry, empty where there is none.
func (e Entry) drop() string {
	create := e.statements()[0]
	if m := routine().FindStringSubmatch(create); m != nil {
		return "DROP " + m[1] + " " + m[2] + e.Name[strings.Index(e.Name, "("):]
	}
	if m := indexForm().FindStringSubmatch(create); m != nil {
		schema, _ := cutLast(m[2])
		return "DROP INDEX " + schema + m[1]
	}
	if m := operator().FindStringSubmatch(create); m != nil && e.Type == "OPERATOR" {
		return "DROP OPERATOR " + m[1] + " (" + side(create, "LEFT") + ", " + side(create, "RIGHT") + ")"
	}
	for _, f := range dropForms {
		if m := f.create().FindStringSubmatchIndex(create); m != nil {
			return string(f.create().ExpandString(nil, f.drop, create, m))
		}
	}
	return ""
}

// side is the type of an operator's operand.
func side(create, which string) string {
	for _, m := range operatorSide().FindAllStringSubmatch(create, -1) {
		if m[1] == which {
			return m[2]
		}
	}
	return "NONE"
}

// lastPart is the last name of a qualified one.
var lastPart = lazily(`^(.*\.)?(` + ident + `)$`)

// cutLast cuts a qualified name before its last part; the first half keeps its dot.
func cutLast(name string) (before, last string) {
	m := lastPart().FindStringSubmatch(name)
	if m == nil {
		return "", name
	}
	return m[1], m[2]
}

// partOf finds the table, view or type that an entry is a part of and goes with.
var partOf = []pattern{
	form(`CREATE (?:UNIQUE )?INDEX <I> ON (?:ONLY )?(<Q>)`),
	form(`CREATE RULE <I> AS\s+ON \w+ TO (<Q>)`),
	form(`CREATE (?:CONSTRAINT )?TRIGGER <I> (?s:.*?) ON (<Q>)`),
	form(`CREATE POLICY <I> ON (<Q>)`),
	form(`ALTER (?:TABLE|DOMAIN|SEQUENCE|VIEW|INDEX|MATERIALIZED VIEW|FOREIGN TABLE|TYPE) (?:ONLY )?(<Q>)`),
	form(`COMMENT ON (?:TABLE|VIEW|MATERIALIZED VIEW|FOREIGN TABLE|TYPE|DOMAIN|SEQUENCE|INDEX|SCHEMA|STATISTICS|EXTENSION|SERVER|COLLATION) (<Q>) IS`),
	form(`COMMENT ON COLUMN (<Q>)\.<I> IS`),
	form(`COMMENT ON (?:CONSTRAINT|TRIGGER|RULE|POLICY) <I> ON (?:DOMAIN )?(<Q>) IS`),
	form(`(?:GRANT|REVOKE) (?s:.*?) ON (?:TABLE|SEQUENCE|SCHEMA|TYPE|FOREIGN SERVER|FOREIGN DATA WRAPPER) (<Q>)`),
}

// owner is the object that the entry is a part of, empty where it stands for itself.
func (e Entry) owner() string {
	create := e.statements()[0]
	for _, f := range partOf {
		if m := f().FindStringSubmatch(create); m != nil {
			return m[1]
		}
	}
	return ""
}

// object is the qualified name of what the entry creates, where others can be a part of it.
func (e Entry) object() string {
	m := ownForm().FindStringSubmatch(e.statements()[0])
	if m == nil {
		return ""
	}
	return m[1]
}

var ownForm = form(`CREATE (?:UNLOGGED |FOREIGN )?(?:TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE|TYPE|DOMAIN|SCHEMA|SERVER|EXTENSION|COLLATION|STATISTICS|FOREIGN DATA WRAPPER) (?:IF NOT EXISTS )?(<Q>)`)
