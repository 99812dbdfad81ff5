// Lockstep applies plain-SQL migrations to PostgreSQL.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/lockstep-db/lockstep/cli"
)

func main() {
	collectLate()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	heedTerminal(stop)
	os.Exit(cli.Run(ctx, cli.Conceal(os.Args[1:]), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

// heedTerminal has the run stop in good order when its terminal goes away, which may be said more
// than once, and go on when nobody reads any more what it prints.
func heedTerminal(stop func()) {
	unread := make(chan os.Signal, 1)
	signal.Notify(unread, syscall.SIGPIPE) // so that writing fails, and no more
	if signal.Ignored(syscall.SIGHUP) {
		return // under nohup
	}
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGHUP)
	go func() {
		<-gone
		stop()
	}()
}

// collectLate lets memory grow to some megabytes before any is collected, for most runs end before
// that. From then on there are a few more than usual, for a tenth less work with a large file or with
// very many. Not more: a file of any size is promised to need less than 64 MB.
func collectLate() {
	const first, percent = 40 << 20, 200
	limit := debug.SetMemoryLimit(-1) // of GOMEMLIMIT
	debug.SetMemoryLimit(min(limit, first))
	debug.SetGCPercent(-1)
	forgotten := new([16]byte) // any smaller and it could share its place with what is not forgotten
	runtime.AddCleanup(forgotten, func(limit int64) {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}, limit)
}
