//go:build unix

package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// directory is [os.DirFS] without what an [os.File] costs: ways to wait for it as for a socket, and
// to be closed when it is forgotten. That is more than half of what it takes to read a small file,
// and there may be thousands.
func directory(dir string) fs.FS { return files(filepath.Clean(dir)) }

type files string

// Open opens a file for reading. It must be closed.
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	path := string(f) + "/" + name
	fd, err := again(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: filepath.Join(string(f), name), Err: err} // "." alone says nothing
	}
	return &file{fd: fd, path: path}, nil
}

// Stat says what a file is without opening it: a pipe would wait for somebody to write.
func (f files) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	return os.Stat(string(f) + "/" + name)
}

// file is a file that is read and closed, as most are, and else an [os.File].
type file struct {
	fd   int
	path string
	full *os.File // nil before it is asked for what only that can do
}

// mostAtOnce is the most that a read asks for: not every system takes more.
const mostAtOnce = 1 << 30

func (f *file) Read(into []byte) (int, error) {
	if f.full != nil {
		return f.full.Read(into)
	}
	n, err := again(func() (int, error) { return syscall.Read(f.fd, into[:min(len(into), mostAtOnce)]) })
	switch {
	case err != nil:
		return 0, &fs.PathError{Op: "read", Path: f.path, Err: err}
	case n == 0 && len(into) > 0:
		return 0, io.EOF
	}
	return n, nil
}

func (f *file) Close() error {
	if f.full != nil {
		return f.full.Close()
	}
	fd := f.fd
	f.fd = -1 // the number may soon be another file's
	if err := syscall.Close(fd); err != nil {
		return &fs.PathError{Op: "close", Path: f.path, Err: err}
	}
	return nil
}

func (f *file) Stat() (fs.FileInfo, error) { return f.os().Stat() }

func (f *file) ReadDir(n int) ([]fs.DirEntry, error) { return f.os().ReadDir(n) }

func (f *file) os() *os.File {
	if f.full == nil {
		f.full = os.NewFile(uintptr(f.fd), f.path)
	}
	return f.full
}

// again repeats a system call for as long as signals interrupt it.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
