package cli

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
)

// writeAtomically writes a whole file or none. What is there and no ordinary file, such
// as /dev/stdout, is written to as it is.
func writeAtomically(path, text string) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(path, []byte(text), 0o666)
	}
	temp := filepath.Join(filepath.Dir(path), ".lockstep-"+rand.Text())
	if err := createFile(temp, text); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return nil
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
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
