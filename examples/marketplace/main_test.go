package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestMain makes the test binary double as the service, so that tests can kill it.
func TestMain(m *testing.M) {
	if os.Getenv("MARKETPLACE_TEST_PROCESS") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A process is the service in a process of its own.
type process struct {
	cmd *exec.Cmd
	log *logbook // its stderr
}

// A logbook keeps what is written to it.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start starts the service and returns once it has registered.
func start(t *testing.T, apple *asctest.Server, addr, database, packages string) *process {
	t.Helper()
	key := apple.Key()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MARKETPLACE_TEST_PROCESS=1",
		"ASC_KEY_ID="+key.ID, "ASC_ISSUER_ID="+key.IssuerID, "ASC_PRIVATE_KEY="+string(key.PEM()),
		"ASC_BASE_URL="+apple.URL, "ASC_WEBHOOK_SECRET="+secret,
		"MARKETPLACE_ENDPOINT_URL=http://"+addr+"/notifications", "MARKETPLACE_ADDR="+addr, "MARKETPLACE_DATABASE="+database,
		"ASC_APP_ID="+appID, "MARKETPLACE_PACKAGES="+packages)
	p := &process{cmd: cmd, log: &logbook{}}
	cmd.Stderr = p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	eventually(t, func() error {
		if _, err := get(t, "http://"+addr+"/catalogue"); err != nil {
			return fmt.Errorf("the service does not serve: %w:\n%s", err, p.log)
		}
		if len(apple.State().Webhooks) == 0 {
			return fmt.Errorf("the service has not registered:\n%s", p.log)
		}
		return nil
	})
	return p
}

func (p *process) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Error(err)
	}
}

const secret = "known-to-App-Store-Connect-and-to-us"

func databasePath(t *testing.T) string { return filepath.Join(t.TempDir(), "marketplace.db") }

// freeAddr returns a loopback address that stays free while the service is
// down: below the ports that the system hands out.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(10000))
		if l, err := net.Listen("tcp", addr); err == nil {
			_ = l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

// get returns the body of a GET.
func get(t *testing.T, url string) (string, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", errors.New(response.Status)
	}
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
