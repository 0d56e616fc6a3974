//go:build unix

package docs_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/ascmarketplace/webhooks/internal/gobuild"
	"github.com/ascmarketplace/webhooks/notification"
)

const imageUser = 65532 // the base image's nonroot

// runningFile is compose.yaml, with the parts of it that it uses.
type runningFile struct {
	Services map[string]struct {
		Image, Restart string
		Command        []string
		Grace          string `yaml:"stop_grace_period"`
		ReadOnly       bool   `yaml:"read_only"`
		Ports, Secrets []string
		Healthcheck    struct {
			Test              []string
			Interval, Timeout time.Duration
		}
	}
	Secrets map[string]struct{ File string }
}

// TestRunningCompose runs listen, and its health check, as the image would.
func TestRunningCompose(t *testing.T) {
	data, err := os.Open("testdata/running/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = data.Close() }()
	var file runningFile
	decoder := yaml.NewDecoder(data)
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	listen := file.Services["listen"]
	for _, secret := range listen.Secrets {
		if _, ok := file.Secrets[secret]; !ok || !slices.Contains(listen.Command, "/run/secrets/"+secret) {
			t.Errorf("the secret %s is not defined or not used", secret)
		}
	}
	check := listen.Healthcheck.Test
	if len(check) < 2 || check[0] != "CMD" || check[1] != "/ko-app/ascwebhooks" {
		t.Fatalf("the health check is %q", check)
	}
	runListen(t, listen.Command, check[2:])
}

// TestRunningSystemd runs listen as the unit would.
func TestRunningSystemd(t *testing.T) {
	data, err := os.ReadFile("testdata/running/ascwebhooks.service")
	if err != nil {
		t.Fatal(err)
	}
	settings, section := map[string]string{}, ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		name, value, isSetting := strings.Cut(line, "=")
		switch {
		case line == "":
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case !isSetting || section == "":
			t.Fatalf("not a setting: %s", line)
		default:
			settings[section+"."+name] = value
		}
	}
	command := strings.Fields(settings["Service.ExecStart"])
	credential, _, _ := strings.Cut(settings["Service.LoadCredential"], ":")
	if len(command) < 2 || command[0] != "/usr/bin/ascwebhooks" || !slices.Contains(command, "%d/"+credential) || credential == "" ||
		settings["Install.WantedBy"] != "multi-user.target" {
		t.Fatalf("the unit says %v", settings)
	}
	runListen(t, command[1:], []string{"healthy", "http://127.0.0.1:8080/healthz"})
}

// runListen runs the executable with these arguments, except that paths, ports and the service are the test's. It posts a
// notification, checks the health, and ends it.
func runListen(t *testing.T, args, health []string) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the executable of linux/amd64 runs there only")
	}
	r := imageFolder(t)
	forwarded := make(chan string, 1)
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { forwarded <- r.URL.Path }))
	defer service.Close()
	args = slices.Clone(args)
	for i, arg := range args[1:] {
		switch args[i] {
		case "--addr":
			arg = "127.0.0.1:0"
		case "--secret-file":
			arg = "secret.txt"
		case "--forward":
			arg = service.URL + "/notifications"
		}
		args[i+1] = arg
	}
	listen := r.command(t, args...)
	stderr, err := listen.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := listen.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stderr).ReadString('\n')
	_, url, found := strings.Cut(strings.TrimSpace(line), " on ")
	if err != nil || !found {
		t.Fatalf("listen said %q, %v", line, err)
	}
	health = slices.Clone(health)
	health[1] = strings.Replace(health[1], "http://127.0.0.1:8080", url, 1)
	if out, err := r.command(t, health...).CombinedOutput(); err != nil {
		t.Errorf("%q: %v\n%s", health, err, out)
	}
	body := `{"data":{"type":"AppUnavailable","id":"1","version":1,"attributes":{}}}`
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	request.Header.Set(notification.SignatureHeader, notification.Sign([]byte("for this test only"), []byte(body)))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK || len(forwarded) != 1 || <-forwarded != "/notifications" {
		t.Errorf("responded %s", response.Status)
	}
	_ = listen.Process.Signal(syscall.SIGTERM)
	if err := listen.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if out, err := r.command(t, health...).CombinedOutput(); err == nil {
		t.Errorf("%q: healthy, though it has ended: %s", health, out)
	}
}

// image is a folder with the executable and a secret, and nothing else.
type image struct {
	folder string
	user   *syscall.Credential // nil: who runs the test
}

// imageFolder is the image user's, if the test may choose who runs in it.
func imageFolder(t *testing.T) (i image) {
	t.Helper()
	var err error
	if i.folder, err = os.MkdirTemp("", "image"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(i.folder) })
	path := filepath.Join(i.folder, "ascwebhooks")
	if err := gobuild.Released(t.Context(), i.folder, "../cmd/ascwebhooks"); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(i.folder, "secret.txt")
	if err := os.WriteFile(secret, []byte("for this test only\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		i.user = &syscall.Credential{Uid: imageUser, Gid: imageUser}
		for _, path := range []string{i.folder, path, secret} {
			if err := os.Chown(path, imageUser, imageUser); err != nil {
				t.Fatal(err)
			}
		}
	}
	return i
}

// command runs with an empty environment, as nobody else.
func (i image) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, filepath.Join(i.folder, "ascwebhooks"), args...)
	cmd.Dir, cmd.Env = i.folder, []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: i.user}
	return cmd
}
