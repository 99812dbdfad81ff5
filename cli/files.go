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
// as /dev/stdout, is written to as it is. A file that is there keeps its mode.
func writeAtomically(path string, write func(io.Writer) error) error {
	target := path
	if found, err := filepath.EvalSymlinks(path); err == nil {
		target = found
	}
	info, err := os.Stat(target)
	if err == nil && !info.Mode().IsRegular() {
		return writeThrough(target, write)
	}
	temp := filepath.Join(filepath.Dir(target), ".lockstep-"+rand.Text())
	if err == nil {
		err = createAlike(temp, info.Mode().Perm(), write)
	} else {
		err = createWith(temp, usualMode, write)
	}
	if err != nil {
		return naming(path, temp, err)
	}
	if err := os.Rename(temp, target); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
}

// writeThrough writes to what is there.
func writeThrough(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(buffered(file, write), file.Close())
}

// createAlike is createWith for a file that is to have just that mode, whatever the umask.
func createAlike(path string, mode fs.FileMode, write func(io.Writer) error) error {
	if err := createWith(path, mode, write); err != nil {
		return err
	}
	if err := os.Chmod(path, mode); err != nil {
		return errors.Join(err, os.Remove(path))
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
	return createWith(path, usualMode, writing(text))
}

// writing writes a text that is there as a whole.
func writing(text string) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	}
}

// usualMode is that of a new file, from which the umask takes.
const usualMode = 0o666

func createWith(path string, mode fs.FileMode, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	err = buffered(file, write)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
