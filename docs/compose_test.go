package docs_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/ascmarketplace/webhooks/internal/gobuild"
	"github.com/ascmarketplace/webhooks/internal/namespace"
	"github.com/ascmarketplace/webhooks/internal/sample"
)

// composeFile is compose.yaml, with the parts of it that it uses.
type composeFile struct {
	Services map[string]composeService
	Volumes  map[string]any
}

type composeService struct {
	Image, User      string
	WorkingDir       string `yaml:"working_dir"`
	Command, Volumes []string
	DependsOn        map[string]struct{ Condition string } `yaml:"depends_on"`
	Environment      map[string]string
	Healthcheck      struct {
		Test        []string
		Interval    time.Duration
		StartPeriod time.Duration `yaml:"start_period"`
	}
}

const composeFolder = "testdata/compose"

func readCompose(t *testing.T) (file composeFile) {
	t.Helper()
	data, err := os.Open(filepath.Join(composeFolder, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = data.Close() }()
	decoder := yaml.NewDecoder(data)
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestComposeFile: what it names is there.
func TestComposeFile(t *testing.T) {
	file := readCompose(t)
	for name, service := range file.Services {
		for other, on := range service.DependsOn {
			if check := file.Services[other].Healthcheck.Test; on.Condition != "service_healthy" || len(check) < 2 || check[0] != "CMD" {
				t.Errorf("%s depends on %s, which is no service, or has no health check that is waited for", name, other)
			}
		}
		for _, volume := range service.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			_, named := file.Volumes[source]
			if _, err := os.Stat(filepath.Join(composeFolder, source)); !named && err != nil {
				t.Errorf("%s mounts %s, which is not there", name, source)
			}
		}
	}
	environment := file.Services["service"].Environment
	if environment["ASC_ISSUER_ID"] != sample.IssuerID || environment["ASC_APP_ID"] != sample.MarketplaceAppID {
		t.Errorf("the service has %v", environment)
	}
}

// TestCompose runs the three parties of compose.yaml as containers would be: under names and addresses of their own,
// with nothing else in reach.
func TestCompose(t *testing.T) {
	file := readCompose(t)
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no node")
	}
	if !namespace.Enter(t, map[string]string{"sandbox": "10.77.0.2", "service": "10.77.0.3", "tests": "10.77.0.4"}) {
		return
	}
	c := containers{T: t, file: file, volumes: t.TempDir()}
	sandbox := c.run("sandbox")
	if line, err := bufio.NewReader(sandbox.out).ReadString('\n'); err != nil || !strings.Contains(line, "http://sandbox:8080") {
		t.Fatalf("the sandbox printed %q, %v", line, err)
	}
	c.healthy("sandbox")
	c.run("service")
	if _, err := exec.LookPath("curl"); err == nil {
		c.healthy("service")
	}
	tests := c.run("tests")
	out, _ := readAll(tests.out)
	if err := tests.cmd.Wait(); err != nil || !strings.Contains(out, "pass 5\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// containers starts what the images would.
type containers struct {
	*testing.T
	file    composeFile
	volumes string
}

type container struct {
	cmd *exec.Cmd
	out *os.File
}

func (c *containers) run(name string) container {
	c.Helper()
	service := c.file.Services[name]
	args := slices.Clone(service.Command)
	switch {
	case strings.HasSuffix(service.Image, "/ascwebhooks"):
		args = append([]string{c.build("../cmd/ascwebhooks")}, args...)
	case strings.HasPrefix(service.Image, "golang:"):
		args = []string{c.build(strings.Replace(args[2], "./docs", ".", 1))}
	}
	tests, err := filepath.Abs(filepath.Join(composeFolder, "tests"))
	if err != nil {
		c.Fatal(err)
	}
	mounted := strings.NewReplacer("/keys/", c.volumes+"/", "/tests/", tests+"/")
	for i, arg := range args[1:] {
		args[1+i] = mounted.Replace(arg)
	}
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	c.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOSTNAME="+name)
	for variable, value := range service.Environment {
		cmd.Env = append(cmd.Env, variable+"="+mounted.Replace(value))
	}
	read, write, err := os.Pipe()
	if err != nil {
		c.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, os.Stderr
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	_ = write.Close()
	c.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = read.Close()
	})
	return container{cmd, read}
}

// healthy waits for a service as Compose does, though not for an interval.
func (c *containers) healthy(name string) {
	c.Helper()
	check := slices.Clone(c.file.Services[name].Healthcheck.Test[1:])
	if check[0] == "/ko-app/ascwebhooks" {
		check[0] = filepath.Join(c.volumes, "ascwebhooks") // as run built it
	}
	for start := time.Now(); ; {
		out, err := exec.CommandContext(c.Context(), check[0], check[1:]...).CombinedOutput()
		if err == nil {
			return
		}
		if time.Since(start) > 30*time.Second {
			c.Fatalf("%s is not healthy: %q: %v: %s", name, check, err, out)
		}
	}
}

// build builds a command; what it printed is what is wrong.
func (c *containers) build(pkg string) string {
	c.Helper()
	if err := gobuild.Released(c.Context(), c.volumes, pkg); err != nil {
		c.Fatal(err)
	}
	return filepath.Join(c.volumes, filepath.Base(pkg))
}

func readAll(file *os.File) (string, error) {
	var b strings.Builder
	_, err := file.WriteTo(&b)
	return b.String(), err
}
