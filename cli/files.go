package cli

import (
	"errors"
	"os"
	"path/filepath"
)

// writeAtomically writes a whole file or none.
func writeAtomically(path, text string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), ".lockstep-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name()) // the first error is the one to report
		}
	}()
	_, err = temp.WriteString(text)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// writeNew writes files that must not exist yet: all of them or none.
func writeNew(texts map[string]string) error {
	var written []string
	for path, text := range texts {
		err := createFile(path, text)
		if err != nil {
			for _, w := range written {
				_ = os.Remove(w) // the first error is the one to report
			}
			return err
		}
		written = append(written, path)
	}
	return nil
}

func createFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
