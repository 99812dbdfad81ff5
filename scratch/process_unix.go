//go:build unix

package scratch

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// detach puts cmd in a process group of its own, so that Ctrl-C reaches the client, who has
// a statement to cancel, and not the server under it. For root it also hands cmd and dir to
// an unprivileged user.
func detach(cmd *exec.Cmd, dir string) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	return os.Chown(dir, int(uid), int(gid))
}

// unprivileged is the user postgres, or nobody where there is none.
func unprivileged() (uid, gid uint32, err error) {
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find an unprivileged user: %w", err)
	}
	u, errUID := strconv.ParseUint(account.Uid, 10, 32)
	g, errGID := strconv.ParseUint(account.Gid, 10, 32)
	return uint32(u), uint32(g), errors.Join(errUID, errGID)
}
