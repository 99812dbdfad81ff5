package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"

	"github.com/lockstep-db/lockstep/revision"
	"github.com/lockstep-db/lockstep/sql"
)

// config is lockstep.toml: settings by the names of their flags, with "_" for "-",
// at the top for all, and in tables env.NAME for one environment.
//
//	dir = "db/migrations"
//	version_table_schema = "app"
//
//	[env.production]
//	database_url_file = "/run/secrets/database_url"
type config struct {
	path        string
	environment string
	top         map[string]any // settings at the top
	env         map[string]any // settings of the environment that was asked for
	names       []string       // of all environments
}

// settingError says what is wrong with a setting.
type settingError struct{ message string }

func (e *settingError) Error() string { return e.message }

func settingFault(format string, args ...any) error {
	return &settingError{message: fmt.Sprintf(format, args...)}
}

// configKeys are the settings that lockstep.toml may hold.
var configKeys = []string{
	"dir", "database_url", "database_url_file", "version_table_schema", "scope", "search_path", "role", "lock_wait", "wait",
	"log_format", "verbose", "file_template", "if_ahead", "schema", "scratch_url", "pg_dump", "dump_schema", "lock_timeout", "lock_retries", "statement_timeout",
}

// defaultConfig is the file of settings where none is named.
const defaultConfig = "lockstep.toml"

// Validate is for kong, which has it called before Resolve.
func (c *config) Validate(*kong.Application) error { return nil }

// Resolve gives kong the value of a flag that was not on the command line.
func (c *config) Resolve(kctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if flag.Name == "config" || flag.Name == "environment" || flag.Name == "help" {
		return unset(flag), nil
	}
	if err := c.load(kctx); err != nil {
		return nil, err
	}
	key := strings.ReplaceAll(flag.Name, "-", "_")
	if key == "database_url" || inEnvironment(flag) {
		return nil, nil
	}
	value, ok := c.get(key)
	if !ok {
		return unset(flag), nil
	}
	if key == "dir" {
		return strings.Join(c.dirs(), ","), nil
	}
	if list, isList := value.([]any); isList {
		names := make([]string, len(list))
		for i, one := range list {
			names[i] = sql.Identifier(fmt.Sprint(one))
		}
		return strings.Join(names, ","), nil
	}
	return fmt.Sprint(value), nil
}

// dirs are the migrations directories that the file names, one or a list.
func (c *config) dirs() []string {
	value, _ := c.get("dir")
	list, isList := value.([]any)
	if !isList && value != nil {
		list = []any{value}
	}
	var dirs []string
	for _, one := range list {
		dirs = append(dirs, c.relative(fmt.Sprint(one)))
	}
	return dirs
}

// relative is a path of the file, which is relative to it. What is empty names nothing, and stays so.
func (c *config) relative(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}

// inEnvironment reports whether a variable decides a flag, which goes before the file.
func inEnvironment(flag *kong.Flag) bool {
	return slices.ContainsFunc(flag.Envs, func(name string) bool { return os.Getenv(name) != "" })
}

// unset is the default of a flag whose variable is set to nothing, which counts as
// not set; nil where kong has done that.
func unset(flag *kong.Flag) any {
	empty := slices.ContainsFunc(flag.Envs, func(name string) bool {
		value, ok := os.LookupEnv(name)
		return ok && value == ""
	})
	switch {
	case !empty:
		return nil
	case flag.HasDefault:
		return flag.Default
	}
	return fmt.Sprint(reflect.Zero(flag.Target.Type()))
}

// get is a setting of the environment, else of the top.
func (c *config) get(key string) (any, bool) {
	if value, ok := c.env[key]; ok {
		return value, true
	}
	value, ok := c.top[key]
	return value, ok
}

// load reads the file once; that there is none is an error only when it was asked
// for.
func (c *config) load(kctx *kong.Context) error {
	if c.top != nil {
		return nil
	}
	return c.read(flagText(kctx, "config"), flagText(kctx, "environment"))
}

// read reads a file, the usual one where none is named, for an environment or none.
func (c *config) read(path, environment string) error {
	c.path, c.environment = path, environment
	if c.path == "" {
		c.path = defaultConfig
	}
	c.top = map[string]any{}
	_, err := toml.DecodeFile(c.path, &c.top)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.path == defaultConfig && c.environment == "":
		return nil
	case errors.Is(err, fs.ErrNotExist) && c.environment != "":
		return settingFault("no environment %s: there is no file %s; name the one that has it with --config", c.environment, c.path)
	case err != nil:
		return settingFault("%s", tomlReason(c.path, err))
	}
	return c.choose()
}

// tomlReason is an error of the TOML library with file and line.
func tomlReason(path string, err error) string {
	var parse toml.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("%s:%d: %s", path, parse.Position.Line, parse.Message)
	}
	return fmt.Sprintf("read settings: %s", err)
}

// choose checks all keys and picks the environment.
func (c *config) choose() error {
	environments, _ := c.top["env"].(map[string]any)
	delete(c.top, "env")
	if err := c.check("", c.top); err != nil {
		return err
	}
	c.names = slices.Sorted(maps.Keys(environments))
	for name, table := range environments {
		keys, ok := table.(map[string]any)
		if !ok {
			return settingFault("%s: env.%s is not a table", c.path, name)
		}
		if err := c.check("env."+name+".", keys); err != nil {
			return err
		}
	}
	if c.environment == "" {
		return nil
	}
	chosen, ok := environments[c.environment].(map[string]any)
	switch {
	case len(c.names) == 0:
		return settingFault("%s has no environment %s, nor any other; one is a table [env.%s]", c.path, c.environment, c.environment)
	case !ok:
		return settingFault("%s has no environment %s; it has: %s", c.path, c.environment, strings.Join(c.names, ", "))
	}
	c.env = chosen
	return nil
}

// check refuses keys that do not exist.
func (c *config) check(prefix string, keys map[string]any) error {
	for key := range keys {
		if slices.Contains(configKeys, key) {
			continue
		}
		if nearest := revision.Nearest(key, configKeys); nearest != "" {
			return settingFault("%s: unknown setting %s%s (did you mean %s?)", c.path, prefix, key, nearest)
		}
		return settingFault("%s: unknown setting %s%s", c.path, prefix, key)
	}
	return nil
}

// flagText is the value of a flag while kong still parses.
func flagText(kctx *kong.Context, name string) string {
	for _, flag := range kctx.Flags() {
		if flag.Name == name {
			return fmt.Sprint(kctx.FlagValue(flag))
		}
	}
	return ""
}
