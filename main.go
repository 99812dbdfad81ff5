// Lockstep applies plain-SQL migrations to PostgreSQL.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/lockstep-db/lockstep/cli"
)

func main() {
	// A few megabytes more for a tenth less work where thousands of files are read, or a large
	// one. Not higher: a file of any size is promised to need less than 64 MB.
	debug.SetGCPercent(200)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(cli.Run(ctx, cli.Conceal(os.Args[1:]), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
