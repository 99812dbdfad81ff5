//go:build !unix

package cli

import (
	"io/fs"
	"os"
)

// directory is the files in a directory.
func directory(dir string) fs.FS { return os.DirFS(dir) }
