//go:build unix

package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// directory is [os.DirFS] without what os.Open does to find out whether it can wait for a file
// as for a socket: five of the ten system calls that a small file takes, and there may be
// thousands.
func directory(dir string) fs.FS { return files(dir) }

type files string

// Open opens a file for reading.
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	path := filepath.Join(string(f), name)
	for {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		if !errors.Is(err, syscall.EINTR) { // a signal came
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
	}
}
