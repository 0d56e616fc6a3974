package sqlstoretest

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/ascmarketplace/webhooks/internal/storetest"
	"github.com/ascmarketplace/webhooks/notification/sqlstore"
)

// receiver is the variable that makes the test's binary a receiver.
const receiver = "SQLSTORETEST_RECEIVER"

func TestMain(m *testing.M) {
	_ = mysql.SetLogger(&mysql.NopLogger{}) // it tells of each connection that was closed
	if text := os.Getenv(receiver); text != "" {
		fmt.Fprintln(os.Stderr, receive(text))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// receive serves until the process is killed or its standard input ends, and
// prints its address.
func receive(text string) error {
	var fields [3]string
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return err
	}
	s := source{sqlstore.Dialect(fields[0]), fields[1], fields[2]}
	db, err := sql.Open(s.driver, s.dsn)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	store, err := sqlstore.New(db, s.dialect, "service")
	if err != nil {
		return err
	}
	handler, err := storetest.NewHandler(store, s.database().Write)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	fmt.Println("http://" + listener.Addr().String())
	return (&http.Server{Handler: handler}).Serve(listener)
}

// A process is a receiver of its own, which can be killed.
type process struct {
	cmd *exec.Cmd
	url string
}

func (s source) start(t *testing.T) process {
	t.Helper()
	text, err := json.Marshal([3]string{string(s.dialect), s.driver, s.dsn})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), receiver+"="+string(text))
	cmd.Stderr = os.Stderr
	_, stdinErr := cmd.StdinPipe()
	stdout, err := cmd.StdoutPipe()
	if stdinErr != nil || err != nil {
		t.Fatal(stdinErr, err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return process{cmd, strings.TrimSpace(line)}
}

// kill is kill -9.
func (p process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// The receiver is killed in the middle of 2,000 notifications, and on MariaDB
// the server too. The senders repeat what was not acknowledged. In the end each
// notification has its effect once.
func TestKilled(t *testing.T) {
	const notifications, kills, senders = 2_000, 3, 16
	for _, name := range []string{"modernc, WAL", "MariaDB"} {
		t.Run(name, func(t *testing.T) {
			servers := &servers{tb: t}
			s := servers.newSource(t, name)
			s.migrate(t)
			now := s.start(t)
			var url atomic.Value
			url.Store(now.url)

			queue, kill := make(chan []byte, notifications), make(chan struct{}, kills)
			for _, body := range storetest.NewBodies(t, notifications) {
				queue <- body
			}
			close(queue)
			var acknowledged atomic.Int32
			var all sync.WaitGroup
			for range senders {
				all.Go(func() {
					for body := range queue {
						for t.Context().Err() == nil && storetest.Post(t, http.DefaultClient, url.Load().(string), body) != http.StatusOK {
						}
						if acknowledged.Add(1)%(notifications/(kills+1)) == 0 {
							select {
							case kill <- struct{}{}:
							default:
							}
						}
					}
				})
			}
			for turn := range kills {
				<-kill
				if servers.mariadb != nil && turn == 1 {
					servers.mariadb.Stop(t)
					servers.mariadb.Start(t)
					continue
				}
				now.kill()
				now = s.start(t)
				url.Store(now.url)
			}
			all.Wait()
			now.kill()
			s.database().EffectsAre(t, notifications)
			if n := s.count(t, `SELECT count(*) FROM handled_notifications`); n != notifications {
				t.Errorf("%d are remembered, want %d", n, notifications)
			}
		})
	}
}
