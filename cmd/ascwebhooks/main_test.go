package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/gobuild"
)

// goRace spares each process the second that the race detector waits at its end.
const goRace = "atexit_sleep_ms=0"

// built is the folder of the command as users get it. With the race detector,
// each of some 200 processes would take 100 ms longer to start.
var built string

// TestMain lets tests run the command as a process of its own: from built, or
// with the race detector from PATH.
func TestMain(m *testing.M) {
	_ = os.Setenv("GORACE", goRace)
	testscript.Main(builder{m}, map[string]func(){"ascwebhooks": main})
}

// builder builds the command before the tests run.
type builder struct{ *testing.M }

func (b builder) Run() int {
	folder, err := os.MkdirTemp("", "ascwebhooks")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	built = folder
	if err := gobuild.Released(context.Background(), built, "."); err != nil {
		panic(err)
	}
	return b.M.Run()
}

// TestScripts runs each script against an App Store Connect of its own, to
// which the environment points.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", built+string(filepath.ListSeparator)+env.Getenv("PATH"))
			return setUpScript(env)
		},
		Cmds:                scriptCommands(),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

type fakeKey struct{}

func setUpScript(env *testscript.Env) error {
	fake, err := asctest.New()
	if err != nil {
		return err
	}
	server := httptest.NewServer(fake)
	env.Defer(server.Close)
	receiver, stop := newReceiver()
	env.Defer(stop)
	credulous := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	env.Defer(credulous.Close)
	key := fake.Key()
	keyFile := filepath.Join(env.WorkDir, "AuthKey_"+key.ID+".p8")
	if err := os.WriteFile(keyFile, key.PEM(), 0o600); err != nil {
		return err
	}
	env.Values[fakeKey{}] = fake
	env.Setenv("ASC_BASE_URL", server.URL)
	env.Setenv("ASC_KEY_ID", key.ID)
	env.Setenv("ASC_ISSUER_ID", key.IssuerID)
	env.Setenv("ASC_PRIVATE_KEY_PATH", keyFile)
	env.Setenv("RECEIVER_URL", receiver)
	env.Setenv("CREDULOUS_URL", credulous.URL)
	return nil
}
