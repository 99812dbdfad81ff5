package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
)

// What the network said is told once, without which resolver said so and which call it was.
func TestReasonOf(t *testing.T) {
	unknown := &net.DNSError{Err: "no such host", Name: "db", Server: "10.0.0.53:53", IsNotFound: true}
	dialled := func(call string, err syscall.Errno) error {
		return &net.OpError{Op: "dial", Err: os.NewSyscallError(call, err)}
	}
	for want, err := range map[string]error{
		"no such host":                            fmt.Errorf("resolve: %w", errors.Join(unknown, unknown)),
		"connection refused":                      errors.Join(dialled("connect", syscall.ECONNREFUSED)),
		"no server listens there: no such socket": dialled("connect", syscall.ENOENT),
		"no answer in time":                       context.DeadlineExceeded,
		"server refused TLS connection":           errors.Join(fmt.Errorf("db:5432 (db): %w", fmt.Errorf("tls error: %w", errors.New("server refused TLS connection")))),
	} {
		if got := reasonOf(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
