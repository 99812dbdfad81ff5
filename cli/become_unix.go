//go:build unix

package cli

import (
	"fmt"
	"syscall"
)

// become makes this process another program. It returns only when it can't.
func become(path string, arguments, environment []string) error {
	return fmt.Errorf("run %s: %w", path, syscall.Exec(path, arguments, environment))
}
