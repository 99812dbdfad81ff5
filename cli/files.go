package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// writeAtomically writes a whole file or none. What is there and no ordinary file, such
// as /dev/stdout, is written to as it is.
func writeAtomically(path string, write func(io.Writer) error) error {
	asked := path
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(buffered(file, write), file.Close())
	}
	temp := filepath.Join(filepath.Dir(path), ".lockstep-"+rand.Text())
	if err := createWith(temp, write); err != nil {
		return naming(asked, temp, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// naming is an error about a temporary file as one about the file that was asked for.
func naming(asked, temp string, err error) error {
	var of *fs.PathError
	if errors.As(err, &of) && of.Path == temp {
		return &fs.PathError{Op: of.Op, Path: asked, Err: of.Err}
	}
	return err
}

// buffered writes in large pieces.
func buffered(out io.Writer, write func(io.Writer) error) error {
	buffer := bufio.NewWriter(out)
	if err := write(buffer); err != nil {
		return err
	}
	return buffer.Flush()
}

// writeNew writes files that must not exist yet: all of them or none.
func writeNew(texts map[string]string) error {
	var written []string
	for path, text := range texts {
		if err := createFile(path, text); err != nil {
			for _, w := range written {
				err = errors.Join(err, os.Remove(w))
			}
			return err
		}
		written = append(written, path)
	}
	return nil
}

// createFile writes a file that must not exist yet.
func createFile(path, text string) error {
	return createWith(path, writing(text))
}

// writing writes a text that is there as a whole.
func writing(text string) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	}
}

func createWith(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	err = buffered(file, write)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
