package main

import (
	"bufio"
	"cmp"
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
	log *bufio.Scanner // its stderr
}

// start starts the service and returns once it listens.
func start(t *testing.T, apple *asctest.Server, addr, database string) *process {
	t.Helper()
	key := apple.Key()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "MARKETPLACE_TEST_PROCESS=1",
		"ASC_KEY_ID="+key.ID, "ASC_ISSUER_ID="+key.IssuerID, "ASC_PRIVATE_KEY="+string(key.PEM()),
		"ASC_BASE_URL="+apple.URL, "ASC_WEBHOOK_SECRET="+secret,
		"MARKETPLACE_ENDPOINT_URL=http://"+addr+"/notifications", "MARKETPLACE_ADDR="+addr, "MARKETPLACE_DATABASE="+database)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	p := &process{cmd, bufio.NewScanner(stderr)}
	p.await(t, "msg=listening")
	p.await(t, `msg="webhook ensured"`)
	return p
}

// await reads the log up to a line with this text.
func (p *process) await(t *testing.T, text string) {
	t.Helper()
	var seen strings.Builder
	for p.log.Scan() {
		if strings.Contains(p.log.Text(), text) {
			return
		}
		fmt.Fprintln(&seen, p.log.Text())
	}
	t.Fatalf("the service ended without logging %s:\n%s", text, seen.String())
}

// end sends a signal and waits for the end; it returns what was left of the log.
func (p *process) end(t *testing.T, signal os.Signal) (log string, err error) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	return p.wait()
}

func (p *process) wait() (log string, err error) {
	var rest strings.Builder
	for p.log.Scan() {
		fmt.Fprintln(&rest, p.log.Text())
	}
	return rest.String(), cmp.Or(p.cmd.Wait(), p.log.Err())
}

const secret = "known to App Store Connect and to us"

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
