package sqlstoretest

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
)

// startMariaDB starts a server with data of its own on a unix socket, and returns
// the DSN of an empty database. It is stopped and removed when the test ends.
func startMariaDB(tb testing.TB) string {
	tb.Helper()
	const server = "/usr/sbin/mariadbd"
	if _, err := os.Stat(server); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal(err)
		}
		tb.Skip("install Debian's package mariadb-server-core: ", err)
	}
	dir, err := os.MkdirTemp("", "mariadb") // not tb.TempDir: a socket's path is at most about 100 bytes
	if err != nil {
		tb.Fatal(err)
	}
	attributes := &syscall.SysProcAttr{}
	if os.Getuid() == 0 { // MariaDB refuses to run as root
		attributes.Credential = nobody(tb, dir)
	}
	command := func(program string, args ...string) *exec.Cmd {
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.SysProcAttr = dir, attributes
		return cmd
	}
	data, socket := filepath.Join(dir, "data"), filepath.Join(dir, "socket")
	if err := os.Mkdir(data, 0o755); err != nil {
		tb.Fatal(err)
	}
	if credential := attributes.Credential; credential != nil {
		if err := os.Chown(data, int(credential.Uid), int(credential.Gid)); err != nil {
			tb.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		tb.Fatal(err)
	}
	run := command(server, "--no-defaults", "--datadir="+data, "--socket="+socket, "--skip-networking", "--skip-grant-tables",
		"--max-connections=400", "--pid-file="+filepath.Join(dir, "pid")) // no grants: no system tables are needed
	run.Stderr, run.SysProcAttr.Pdeathsig = log, syscall.SIGKILL
	if err := run.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
		_ = errors.Join(log.Close(), os.RemoveAll(dir))
	})
	db, err := sql.Open("mysql", fmt.Sprintf("root@unix(%s)/", socket))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for begin := time.Now(); db.PingContext(tb.Context()) != nil; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			text, _ := os.ReadFile(log.Name())
			tb.Fatalf("MariaDB does not start:\n%s", text)
		}
	}
	if _, err := db.ExecContext(tb.Context(), "CREATE DATABASE notifications"); err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("root@unix(%s)/notifications", socket)
}

func nobody(tb testing.TB, dir string) *syscall.Credential {
	tb.Helper()
	other, err := user.Lookup("nobody")
	if err != nil {
		tb.Fatal(err)
	}
	uid, _ := strconv.ParseUint(other.Uid, 10, 32)
	gid, _ := strconv.ParseUint(other.Gid, 10, 32)
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		tb.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
