//go:build unix

// Package mariadbtest starts a MariaDB for the tests of the nested modules. It
// needs Debian's package mariadb-server-core and no network: a server listens on
// a unix socket in a temporary folder.
package mariadbtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ascmarketplace/webhooks/internal/dbprocess"
)

// A Server is a MariaDB with its own data.
type Server struct {
	daemon string
	server *dbprocess.Server
}

// Start returns a running server, which is stopped and removed when the test ends.
// Without MariaDB's binaries the test is skipped; under CI=true it fails.
func Start(tb testing.TB) *Server {
	tb.Helper()
	daemon, err := exec.LookPath("mariadbd")
	if err != nil {
		daemon, err = exec.LookPath("/usr/sbin/mariadbd")
	}
	tables, notFound := systemTables()
	if errors.Join(err, notFound) != nil {
		dbprocess.Missing(tb, errors.New("mariadbd and the system tables in /usr/share/mysql are not there: "+
			"install Debian's package mariadb-server-core"))
	}
	s := &Server{daemon: daemon, server: dbprocess.New(tb, "mysql")}
	bootstrap := s.server.Command(daemon, "--no-defaults", "--bootstrap", "--datadir=.", "--tmpdir="+s.server.Dir)
	bootstrap.Stdin = bytes.NewReader(tables)
	if out, err := bootstrap.CombinedOutput(); err != nil {
		tb.Fatalf("MariaDB does not set up its data: %v\n%s", err, out)
	}
	s.Start(tb)
	return s
}

// Start starts the server again after Stop. It has a database test. Its user app
// may do everything within databases whose names begin so, and unlike root it
// can't write while the server is read-only.
func (s *Server) Start(tb testing.TB) {
	tb.Helper()
	const script = `CREATE DATABASE IF NOT EXISTS test;
CREATE USER IF NOT EXISTS app@localhost;
GRANT ALL ON ` + "`test%`" + `.* TO app@localhost;
`
	file := filepath.Join(s.server.Dir, "init.sql")
	if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
		tb.Fatal(err)
	}
	s.server.Start(tb, "KILL", s.daemon, "--no-defaults", "--datadir=.", "--tmpdir="+s.server.Dir,
		"--socket="+s.socket(), "--skip-networking", "--pid-file="+s.server.Dir+"/pid",
		"--init-file="+file, "--max-connections=200")
	s.server.Await(tb, func() error {
		conn, err := net.Dial("unix", s.socket())
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// Stop kills the server.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	s.server.Kill()
}

// DSN returns the data source name of a user, app or root, on a database, as
// go-sql-driver/mysql has it.
func (s *Server) DSN(user, database string) string {
	return fmt.Sprintf("%s@unix(%s)/%s", user, s.socket(), database)
}

// Dir is where the socket is, as "socket".
func (s *Server) Dir() string { return s.server.Dir }

func (s *Server) socket() string { return filepath.Join(s.server.Dir, "socket") }

// systemTables is what mariadb-install-db executes, which needs programs of
// another package.
func systemTables() ([]byte, error) {
	script := []byte("CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL, @skip_auth_anonymous = 1;\n")
	for _, name := range []string{"mysql_system_tables.sql", "mysql_system_tables_data.sql"} {
		text, err := os.ReadFile("/usr/share/mysql/" + name)
		if err != nil {
			return nil, err
		}
		script = append(script, text...)
	}
	return script, nil
}
