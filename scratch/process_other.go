//go:build !unix

package scratch

import (
	"errors"
	"os/exec"
)

func detach(*exec.Cmd, string) error { return errors.ErrUnsupported }
