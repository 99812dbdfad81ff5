package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// command is a process to run.
type command struct {
	args []string
	dir  string
	env  []string // beside those of base
	any  bool     // whatever it exits with is right
}

// sample is what one run took.
type sample struct {
	Wall   float64 `json:"wall"`             // seconds
	CPU    float64 `json:"cpu"`              // seconds, user and system, of the process and its children
	Memory int64   `json:"memory,omitempty"` // peak, bytes
	Trips  int     `json:"trips,omitempty"`
	Failed int     `json:"failed,omitempty"` // processes
	Size   int64   `json:"size,omitempty"`   // of the program, bytes
	Count  float64 `json:"count,omitempty"`  // what a row counts: see count.go
}

// process is the command as it will be run.
func (c command) process(ctx context.Context) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(base(), c.env...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	return cmd, &complaints
}

// output runs a process to its end and returns its standard output.
func (c command) output(ctx context.Context) ([]byte, error) {
	cmd, complaints := c.process(ctx)
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", c.args, err, tail(complaints.Bytes()))
	}
	return out, nil
}

// run runs a process to its end. Its standard output goes nowhere.
func (c command) run(ctx context.Context) (sample, error) {
	cmd, complaints := c.process(ctx)
	begin := time.Now()
	err := cmd.Run()
	took := time.Since(begin)
	if cmd.ProcessState == nil {
		return sample{}, err
	}
	s := sample{Wall: took.Seconds(), CPU: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.Memory = int64(usage.Maxrss) << 10 // the kernel counts in kB
	}
	if err != nil && !c.any {
		return s, fmt.Errorf("%v: %w\n%s", c.args, err, tail(complaints.Bytes()))
	}
	return s, nil
}

// tail is the end of what a process has complained about.
func tail(text []byte) []byte {
	return text[max(0, len(text)-2000):]
}

// base is the environment of every process: nothing of the caller's but where programs and the
// home are.
func base() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LC_ALL=C.UTF-8", "TZ=UTC", "NO_COLOR=1",
		"SQITCH_FULLNAME=Bench", "SQITCH_EMAIL=bench@example.com", // it refuses to work for nobody
	}
}
