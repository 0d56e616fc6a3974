package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// TestKilledAndLocked runs the binary for real: it is killed in the middle of 300 notifications, and later its file is
// locked for longer than a sender waits. After each restart it has every notification, once.
func TestKilledAndLocked(t *testing.T) {
	dir := t.TempDir()
	binary, file := filepath.Join(dir, "service"), filepath.Join(dir, "service.db")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	server := asctest.NewServer(t, asctest.WithApp(appID))
	keyFile := filepath.Join(dir, "key.p8")
	if err := os.WriteFile(keyFile, server.Key().PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		t.Helper()
		passes := len(server.Exchanges())
		service := exec.CommandContext(t.Context(), binary)
		service.Env = append(os.Environ(), "ASC_BASE_URL="+server.URL, "ASC_KEY_ID="+server.Key().ID, "ASC_KEY_TYPE=",
			"ASC_ISSUER_ID="+server.Key().IssuerID, "ASC_PRIVATE_KEY=", "ASC_PRIVATE_KEY_PATH="+keyFile, "ASC_APP_ID="+appID,
			"ASC_WEBHOOK_SECRET=secret", "WEBHOOK_URL=http://"+addr+"/", "ADDR="+addr, "DATABASE="+file)
		if err := service.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { // its first pass has listed what was missed
			for _, x := range server.Exchanges()[passes:] {
				if x.Operation == asctest.WebhooksDeliveries {
					return true
				}
			}
			return false
		})
		return service
	}
	post := func(from, to int) (failed int) {
		var posts sync.WaitGroup
		var mu sync.Mutex
		limit := make(chan struct{}, 16)
		for i := from; i < to; i++ {
			limit <- struct{}{}
			posts.Go(func() {
				status, err := server.Notify(t.Context(), &notification.AlternativeDistributionPackageVersionCreated{
					MarketplaceAppID: appID, AppID: "1", PackageVersionID: fmt.Sprint(i),
				})
				if err != nil || status != 200 {
					mu.Lock()
					failed++
					mu.Unlock()
				}
				<-limit
			})
		}
		posts.Wait()
		return failed
	}

	service := start()
	failed := post(0, 100)
	time.AfterFunc(20*time.Millisecond, func() { _ = service.Process.Kill() })
	failed += post(100, 300)
	_ = service.Process.Kill() // a fast machine may have posted all of them
	_ = service.Wait()
	t.Logf("%d of 300 failed", failed)
	service = start()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s := &story{db: db}
	complete := func(n int) {
		t.Helper()
		waitFor(t, func() bool { return len(s.inbox(t)) >= n })
		for version, times := range s.inbox(t) {
			if times != 1 {
				t.Errorf("%s was kept %d times", version, times)
			}
		}
	}
	complete(300)

	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	if failed := post(300, 310); failed != 10 {
		t.Errorf("%d failed while the file was locked", failed)
	}
	if _, err := conn.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if failed := post(310, 320); failed != 0 {
		t.Errorf("%d failed after it was unlocked", failed)
	}
	err = errors.Join(service.Process.Signal(syscall.SIGTERM), service.Wait())
	if err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	service = start()
	complete(320)
	_ = service.Process.Kill()
	_ = service.Wait()
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for begin := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("it does not come to an end")
		}
	}
}
