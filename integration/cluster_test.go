//go:build unix

package integration

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	tcexec "github.com/testcontainers/testcontainers-go/exec"
)

// machine is where a test has servers of its own, which it may stop, crash and pair: this
// machine, or a container of the image that the tests' server has.
type machine struct {
	container *testcontainers.DockerContainer // nil for this machine
	bin       string                          // PostgreSQL's programs, those of the tests' server
	dir       string                          // for the files of servers, whose user owns it
	small     string                          // where a disk of smallSize is or can be mounted
	listen    string                          // the addresses of servers
	ports     []string                        // that no server has taken yet
}

// smallSize is the size of a disk that is soon full, as options of tmpfs.
const smallSize = "size=8m,mode=1777"

// newMachine is the machine for a test, with a user for servers that is not root.
func newMachine(t *testing.T) *machine {
	t.Helper()
	if os.Getenv("LOCKSTEP_TEST_DATABASE_URL") != "" {
		missing(t, "the server of LOCKSTEP_TEST_DATABASE_URL is not the tests' to stop")
	}
	bin := query(t, serverURL, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")[0]
	if theServer.container == nil {
		return thisMachine(t, bin)
	}
	return otherMachine(t, bin)
}

// keeper ends servers and removes their files when its input closes, which is also what
// happens when the tests are killed.
const keeper = `read -r _
for file in "$1"/*/postmaster.pid; do
	read -r pid <"$file" && while [ -e "$file" ] && kill -QUIT "$pid"; do sleep 0.1; done
done
umount "$1/small"
rm -rf "$1" || { sleep 1 && rm -rf "$1"; } # a straggler may have written once more`

func thisMachine(t *testing.T, bin string) *machine {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "lockstep-servers-") // the servers' user may not enter TMPDIR
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", keeper, "sh", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	alive := startHeld(t, cmd)
	t.Cleanup(func() {
		_ = alive.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	if c := unprivileged(t); c != nil {
		if err := os.Chown(dir, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return &machine{bin: bin, dir: dir, small: dir + "/small", listen: "127.0.0.1", ports: freePorts()}
}

// unprivileged is who runs servers for root, who may not; nil for anybody else.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	var c syscall.Credential
	if _, err := fmt.Sscan(account.Uid+" "+account.Gid, &c.Uid, &c.Gid); err != nil {
		t.Fatal(err)
	}
	return &c
}

// given are the ports that freePorts has given out: their servers may not be up yet, or again.
var given sync.Map

// freePorts are two that nobody listens on. They lie below those that systems give to
// connections, for a server must get its port again after a crash.
func freePorts() []string {
	var ports []string
	for len(ports) < 2 {
		port := strconv.Itoa(20000 + rand.IntN(12000))
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = listener.Close()
			ports = append(ports, port)
		}
	}
	return ports
}

func otherMachine(t *testing.T, bin string) *machine {
	t.Helper()
	m := &machine{bin: bin, dir: "/servers", small: "/small", listen: "*", ports: []string{"5433", "5434"}}
	var err error
	m.container, err = testcontainers.Run(t.Context(), theServer.container.Image,
		testcontainers.WithExposedPorts("5433/tcp", "5434/tcp"),
		// It ends by itself when the tests were killed, see endsByItself.
		testcontainers.WithEntrypoint("sleep", fmt.Sprintf("%.0f", lifetime().Seconds())),
		testcontainers.WithHostConfigModifier(func(c *container.HostConfig) {
			c.AutoRemove = true
			c.Tmpfs = map[string]string{m.dir: "mode=1777", m.small: smallSize}
		}))
	t.Cleanup(func() {
		if err := terminate(m.container); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a program as the servers' user, which must go well, and returns what it printed.
func (m *machine) run(t *testing.T, arguments ...string) string {
	t.Helper()
	output, code := m.exec(t, arguments)
	if code != 0 {
		t.Fatalf("%s: exit code %d\n%s", strings.Join(arguments, " "), code, output)
	}
	return output
}

func (m *machine) exec(t *testing.T, arguments []string) (output string, code int) {
	t.Helper()
	if m.container == nil {
		return m.execHere(t, arguments)
	}
	return execIn(t, m.container, arguments, tcexec.WithUser("postgres"))
}

func (m *machine) execHere(t *testing.T, arguments []string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: unprivileged(t)}
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")} // no PG*
	cmd.Dir = "/"
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// cluster is a server on a machine, whose superuser postgres has the usual password.
type cluster struct {
	*machine
	name    string    // for it to know itself by, as cluster_name
	port    string    // on its machine
	address string    // of that port for the tests
	control *pgx.Conn // the superuser's, while the server runs
}

// server makes a server and starts it. It loses nothing by a crash of its own: what is not
// done for that is for crashes of the machine.
func (m *machine) server(t *testing.T, name string) *cluster {
	t.Helper()
	c := &cluster{machine: m, name: name}
	m.run(t, "sh", "-ec", `echo "$3" >"$2.password"
		"$1/initdb" --pgdata="$2" --username=postgres --pwfile="$2.password" --auth=scram-sha-256 \
			--encoding=UTF8 --locale=C --no-sync
		echo "host all all all scram-sha-256" >>"$2/pg_hba.conf"`, "sh", m.bin, c.data(), password)
	c.start(t)
	return c
}

// standby makes a standby of the server and starts it.
func (c *cluster) standby(t *testing.T, name string) *cluster {
	t.Helper()
	s := &cluster{machine: c.machine, name: name}
	c.run(t, c.bin+"/pg_basebackup", "--dbname="+c.inside("postgres"), "--pgdata="+s.data(),
		"--write-recovery-conf", "--checkpoint=fast", "--no-sync")
	s.start(t)
	return s
}

func (c *cluster) data() string { return c.dir + "/" + c.name }

// start starts the server and returns when it answers queries.
func (c *cluster) start(t *testing.T) {
	t.Helper()
	if c.port == "" {
		c.port, c.ports = c.ports[0], c.ports[1:]
	}
	options := fmt.Sprintf("-p %s -c listen_addresses='%s' -c unix_socket_directories='' -c fsync=off -c cluster_name=%s",
		c.port, c.listen, c.name)
	c.run(t, "sh", "-c", `n=500; while [ -e "$2/postmaster.pid" ] && [ $((n-=1)) -gt 0 ]; do sleep 0.02; done # it may still be stopping
		"$1/pg_ctl" start --silent --wait --pgdata="$2" --log="$2.log" --options="$3" || { cat "$2.log"; exit 1; }`,
		"sh", c.bin, c.data(), options)
	if c.address == "" {
		c.address = c.reach(t)
	}
	var err error
	if c.control, err = pgx.Connect(t.Context(), c.url("postgres")); err != nil {
		t.Fatal(err)
	}
}

// stop stops the server at once, as a crash does. The server itself runs pg_ctl: from outside
// of a container that would come later than meant.
func (c *cluster) stop(t *testing.T) {
	t.Helper()
	stop := fmt.Sprintf("COPY (SELECT 1) TO PROGRAM '%s/pg_ctl stop --mode=immediate --pgdata=%s'", c.bin, c.data())
	if _, err := c.control.Exec(t.Context(), stop); !c.control.IsClosed() {
		t.Fatalf("%s: got %v, want a lost connection", stop, err)
	}
}

// promote makes a standby a server of its own.
func (c *cluster) promote(t *testing.T) {
	t.Helper()
	c.run(t, c.bin+"/pg_ctl", "promote", "--silent", "--wait", "--pgdata="+c.data())
}

func (c *cluster) reach(t *testing.T) string {
	t.Helper()
	if c.container == nil {
		return c.listen + ":" + c.port
	}
	address, err := c.container.PortEndpoint(t.Context(), c.port+"/tcp", "")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	answered, err := awaitAnswer(t.Context(), c.container, containerURL("localhost:"+port), containerURL(address))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(answered)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// url is a database on the server.
func (c *cluster) url(database string) string { return urlOn(c.address, database) }

// inside is the same for programs on the machine.
func (c *cluster) inside(database string) string { return urlOn("127.0.0.1:"+c.port, database) }

func urlOn(address, database string) string {
	return strings.Replace(containerURL(address), "/postgres?", "/"+database+"?", 1)
}

// create makes a database.
func (c *cluster) create(t *testing.T, database string) string {
	t.Helper()
	execute(t, c.url("postgres"), "CREATE DATABASE "+database)
	return c.url(database)
}

// contents are a database's schema and rows, and the rows of the version table without
// times. They are in no order: where a table keeps its rows is nobody's promise.
func (c *cluster) contents(t *testing.T, database string) string {
	t.Helper()
	dump := c.run(t, c.bin+"/pg_dump", "--exclude-schema=lockstep", "--dbname="+c.inside(database))
	invalid := query(t, c.url(database), "SELECT 'invalid: ' || indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
	lines := strings.Split(restrictKey.ReplaceAllString(dump, ""), "\n")
	lines = slices.Concat(lines, invalid, versionRows(t, c.url(database)))
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
