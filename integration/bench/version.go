package main

import (
	"context"
	"os/exec"
	"regexp"
	"time"
)

var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)

// versionOf is the pinned version, or the first number that the program says of itself.
func (t *tool) versionOf() string {
	if t.version != "" {
		return t.version
	}
	out, err := exec.CommandContext(shortly(), t.program, "--version").Output()
	if err != nil {
		return ""
	}
	return number.FindString(string(out))
}

// shortly is for questions that take no time.
func shortly() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	context.AfterFunc(ctx, cancel)
	return ctx
}
