//go:build unix

// Package pgtest starts a PostgreSQL for the tests of the nested modules, which
// import it through their replace. It needs the server's binaries
// (Debian's package postgresql) and no network: a cluster listens on a unix
// socket in a temporary folder.
package pgtest

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/dbprocess"
)

// A Cluster is a PostgreSQL with its own data, fsync on.
type Cluster struct {
	bin       string
	databases int
	server    *dbprocess.Server
}

// Start returns a running cluster, which is stopped and removed when the test ends.
// Without PostgreSQL's binaries the test is skipped; under CI=true it fails.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	bin, err := findBinaries()
	if err != nil {
		dbprocess.Missing(tb, err)
	}
	c := &Cluster{bin: bin, server: dbprocess.New(tb, "postgres")}
	c.run(tb, "initdb", "--pgdata="+c.data(), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	c.Start(tb)
	return c
}

// findBinaries returns the folder that holds initdb.
func findBinaries() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("PostgreSQL's initdb is neither in /usr/lib/postgresql nor in PATH: " +
			"install Debian's package postgresql")
	}
	path, err = filepath.EvalSymlinks(path) // a link's folder may lack the other programs
	return filepath.Dir(path), err
}

// Start starts the cluster again after Stop.
func (c *Cluster) Start(tb testing.TB) {
	tb.Helper()
	// SIGQUIT is PostgreSQL's immediate stop, which leaves no children behind.
	c.server.Start(tb, "QUIT", filepath.Join(c.bin, "postgres"),
		"-D", c.data(), "-k", c.dir(), "-c", "listen_addresses=", "-c", "max_connections=200")
	c.server.Await(tb, func() error {
		return c.server.Command(filepath.Join(c.bin, "pg_isready"), "--quiet", "--host="+c.dir()).Run()
	})
}

// Stop stops the cluster as a crash would, without finishing or flushing anything.
func (c *Cluster) Stop(tb testing.TB) {
	tb.Helper()
	c.server.Kill()
}

// NewDatabase creates an empty database and returns its connection string.
func (c *Cluster) NewDatabase(tb testing.TB) string {
	tb.Helper()
	c.databases++
	name := fmt.Sprintf("test%d", c.databases)
	c.run(tb, "createdb", "--host="+c.dir(), "--username=postgres", name)
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres", name, c.dir())
}

func (c *Cluster) dir() string  { return c.server.Dir }
func (c *Cluster) data() string { return filepath.Join(c.dir(), "data") }

// run runs one of PostgreSQL's programs to its end.
func (c *Cluster) run(tb testing.TB, program string, args ...string) {
	tb.Helper()
	c.server.Run(tb, filepath.Join(c.bin, program), args...)
}
