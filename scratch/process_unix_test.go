//go:build unix

package scratch

import (
	"syscall"
	"testing"
)

func TestServerIsOutOfReachOfCtrlC(t *testing.T) {
	t.Parallel()
	server := start(t, Options{})
	for _, pid := range []int{server.cmd.Process.Pid, postmaster(t, server.dir)} {
		group, err := syscall.Getpgid(pid)
		if err != nil {
			t.Fatal(err)
		}
		if group == syscall.Getpgrp() {
			t.Errorf("process %d is in the process group of its client", pid)
		}
	}
}
