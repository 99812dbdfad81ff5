package integration

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A seed file of 200 MB, rows and INSERTs, is applied and printed with less than 64 MB of
// memory. The INSERTs are long ones, which take less of the server's time.
func TestLargeFileNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows, size := 160<<20, 200<<20
	if testing.Short() {
		rows, size = 60<<20, 80<<20
	}
	writeSeed(t, filepath.Join(dir, "a.up.sql"), rows, size)
	down := "-- revision: a\n-- down_revision:\n\nDROP TABLE t;\n"
	if err := os.WriteFile(filepath.Join(dir, "a.down.sql"), []byte(down), 0o600); err != nil {
		t.Fatal(err)
	}
	database := newDatabase(t)
	for _, arguments := range []string{"upgrade", "upgrade --sql -o /dev/null", "validate"} {
		cmd := exec.Command(theProgram, append(strings.Fields(arguments), "--dir", dir, "--database-url", database)...)
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		peak := peakMemory(cmd.Process.Pid)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", arguments, err, output.String())
		}
		if got := <-peak; got == 0 || got > 64<<10 {
			t.Errorf("%s: %d kB of memory, want at most 64 MB", arguments, got)
		}
	}
	if got := query(t, database, "SELECT count(*) > 500000 FROM t"); got[0] != "true" {
		t.Error("rows are missing")
	}
}

// writeSeed writes a migration with so many bytes of rows, then of INSERTs up to size.
func writeSeed(t *testing.T, path string, rows, size int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out, written := bufio.NewWriter(file), 0
	write := func(format string, args ...any) {
		n, err := fmt.Fprintf(out, format, args...)
		if err != nil {
			t.Fatal(err)
		}
		written += n
	}
	name := strings.Repeat("Academy Dinosaur ", 4)
	write("-- revision: a\n-- down_revision:\n\nCREATE TABLE t (id int, name text);\nCOPY t FROM stdin;\n")
	for i := 0; written < rows; i++ {
		write("%d\t%s\n", i, name)
	}
	write("\\.\n")
	for written < size {
		write("INSERT INTO t VALUES (0, '%s')%s;\n", name, strings.Repeat(", (1, 'é')", 1000))
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// peakMemory watches a process to its end, and tells the most memory that it had at once,
// in kB. What wait4 reports would count what this process had when it forked.
func peakMemory(pid int) <-chan int {
	result := make(chan int, 1)
	go func() {
		peak := 0
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, line, found := strings.Cut(string(status), "VmHWM:")
			if err != nil || !found {
				break // it has ended
			}
			if _, err := fmt.Sscan(line, &peak); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		result <- peak
	}()
	return result
}
