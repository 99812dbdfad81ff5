// Package integration holds the tests that need a real PostgreSQL server, or several processes
// at once: what the server decides is asked of a server.
//
//	go test ./integration/...
//
// They find a server by themselves, the first of these that can be had, and say on standard
// error which one it is:
//
//   - the one of LOCKSTEP_TEST_DATABASE_URL;
//   - a container of the official image, postgres:18;
//   - a container of lockstep-postgres:18, which images/build.sh makes from Debian packages
//     where no registry can be reached;
//   - a private server, from the PostgreSQL programs on this machine.
//
// The environment says otherwise:
//
//	LOCKSTEP_TEST_DATABASE_URL   a server to use, as URL or key=value settings; its user makes
//	                             and drops databases, and nothing else there is touched
//	LOCKSTEP_TEST_POSTGRES=15    that version, in a container; there is no falling back to
//	                             the machine's own programs, whatever version they are
//	LOCKSTEP_TEST_POSTGRES=local the machine's own programs
//	LOCKSTEP_TEST_COMPLETE=1     a test for which something is missing, such as pgbouncer
//	                             or a tool to import from, fails instead of being skipped
//	DOCKER_HOST                  the Docker to use; default: its usual socket
//
// What testcontainers-go reads from the environment holds too. Its Ryuk, which removes the
// containers of a killed run, is left out where its image can't be had; then such a container
// ends by itself soon after -timeout.
//
// A test gets a database of its own from newDatabase, so tests are parallel.
package integration
