//go:build unix

// Package mariadbtest starts a MariaDB for the tests of the nested modules. It
// needs Debian's package mariadb-server-core and no network: a server listens on
// a unix socket in a temporary folder.
package mariadbtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/internal/otheruser"
)

const (
	program      = "/usr/sbin/mariadbd"
	startTimeout = 30 * time.Second
)

// Start returns the DSN, as go-sql-driver has it, of an empty database on a server
// with data of its own, which is stopped and removed when the test ends. Without
// MariaDB the test is skipped; under CI=true it fails.
func Start(tb testing.TB) string {
	tb.Helper()
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip("install Debian's package mariadb-server-core: ", err)
	}
	dir, err := os.MkdirTemp("", "mariadb") // not tb.TempDir: a socket's path is at most about 100 bytes
	if err != nil {
		tb.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	err = errors.Join(os.Mkdir(path("data"), 0o755), os.WriteFile(path("init.sql"), []byte("CREATE DATABASE notifications;\n"), 0o644))
	if err != nil {
		tb.Fatal(err)
	}
	log, err := os.Create(path("log"))
	if err != nil {
		tb.Fatal(err)
	}
	// Without grants no system tables are needed, nor the programs that make them.
	server := exec.Command(program, "--no-defaults", "--skip-grant-tables", "--skip-networking", "--max-connections=400",
		"--datadir="+path("data"), "--socket="+path("socket"), "--pid-file="+path("pid"), "--init-file="+path("init.sql"))
	server.Dir, server.Stderr = dir, log
	server.SysProcAttr = &syscall.SysProcAttr{Credential: otheruser.Credential(tb, []string{"nobody"}, dir, path("data"))}
	if err := server.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = errors.Join(log.Close(), os.RemoveAll(dir))
	})
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("unix", path("socket")); err == nil {
			_ = conn.Close()
			return fmt.Sprintf("root@unix(%s)/notifications", path("socket"))
		}
		if time.Since(begin) > startTimeout {
			text, _ := os.ReadFile(path("log"))
			tb.Fatalf("MariaDB does not start:\n%s", text)
		}
	}
}
