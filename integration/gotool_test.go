package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// goTool is the path of a program that Go builds from a version of a module. It is built
// once, and kept where the user's caches are; packagePath is the place of the program in the
// module, tags are those of the build.
func goTool(t *testing.T, module, version, packagePath, tags string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	name := strings.NewReplacer("/", "-", ".", "-").Replace(module)
	program := filepath.Join(cache, "lockstep-test", name+"-"+version)
	if _, err := os.Stat(program); err == nil {
		return program
	}
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{"go.mod": fmt.Sprintf("module tools\n\ngo 1.26\n\nrequire %s %s\n", module, version)})
	built := filepath.Join(dir, "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", built, path.Join(module, packagePath))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		missing(t, fmt.Sprintf("%s %s can't be built: %v\n%s", module, version, err, output))
	}
	if err := keep(built, program); err != nil {
		t.Fatal(err)
	}
	return program
}

// keep copies a program to where others look for it, all of it at once.
func keep(built, program string) error {
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(program), "*")
	if err != nil {
		return err
	}
	if _, err = temp.Write(data); err == nil {
		err = temp.Chmod(0o755)
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), program)
}
