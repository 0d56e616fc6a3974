package main

// The commands that scripts have besides testscript's own.

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits": exits, "register": register, "webhook": webhook, "secret": secret,
		"app": app, "fault": fault, "sent": sent, "oneline": oneline, "cipher": cipher,
	}
}

func fakeOf(ts *testscript.TestScript) *asctest.Handler {
	return ts.Value(fakeKey{}).(*asctest.Handler)
}

// exits CODE PROGRAM ARG... runs a program and checks its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// register ID URL SECRET puts a webhook there.
func register(ts *testscript.TestScript, _ bool, args []string) {
	_ = fakeOf(ts).Update(func(s *asctest.State) {
		s.MarketplaceWebhook = new(asctest.MarketplaceWebhook{ID: args[0], EndpointURL: args[1], Secret: args[2]})
	})
}

// app ID is an app that is there.
func app(ts *testscript.TestScript, _ bool, args []string) {
	_ = fakeOf(ts).Update(func(s *asctest.State) { s.Apps = append(s.Apps, args[0]) })
}

// secret FILE SECRET writes a secret file, and secret $NAME SECRET sets a
// variable; \n and the like are escapes.
func secret(ts *testscript.TestScript, _ bool, args []string) {
	if name, isVariable := strings.CutPrefix(args[0], "$"); isVariable {
		ts.Setenv(name, unescape(ts, args[1]))
		return
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(unescape(ts, args[1])), 0o600))
}

func unescape(ts *testscript.TestScript, text string) string {
	text, err := strconv.Unquote(`"` + text + `"`)
	ts.Check(err)
	return text
}

// webhook URL SECRET checks what is registered; ! webhook that nothing is.
func webhook(ts *testscript.TestScript, neg bool, args []string) {
	got, ok := fakeOf(ts).MarketplaceWebhook()
	switch {
	case neg && ok:
		ts.Fatalf("a webhook is registered")
	case !neg && (!ok || got.EndpointURL != args[0] || got.Secret != unescape(ts, args[1])):
		ts.Fatalf("registered: %q with secret %q", got.EndpointURL, got.Secret)
	}
}

// sent METHOD... checks which requests have arrived so far, in order.
func sent(ts *testscript.TestScript, _ bool, want []string) {
	var got []string
	for _, request := range fakeOf(ts).Exchanges() {
		got = append(got, request.Method)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		ts.Fatalf("sent: %v, want %v", got, want)
	}
}

// fault name=value... makes the next answer go wrong.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	var f asctest.Fault
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		var err error
		switch name {
		case "kind":
			f.Kind = asctest.FaultKind(value)
		case "status":
			f.Status, err = strconv.Atoi(value)
		case "code":
			f.Code = value
		case "times":
			f.Times, err = strconv.Atoi(value)
		case "on":
			f.Operation = asctest.Operation("marketplaceWebhooks_" + value)
		case "delay":
			f.Delay, err = time.ParseDuration(value)
		default:
			f.Header = http.Header{name: {value}}
		}
		ts.Check(err)
	}
	fakeOf(ts).FailNext(f)
}

// sticksToURL matches a URL with a full stop after it.
var sticksToURL = regexp.MustCompile(`https?://\S*\.(\s|$)`)

// oneline checks that stderr is one line which starts with the command's name.
func oneline(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stderr")
	if !strings.HasPrefix(text, "ascwebhooks: ") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		ts.Fatalf("stderr is not one line of the command's: %q", text)
	}
	if sticksToURL.MatchString(text) {
		ts.Fatalf("a terminal would take the full stop for part of the URL: %q", text)
	}
}

// cipher checks that neither output has anything of the key or of a token.
func cipher(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	for _, line := range strings.Split(string(fakeOf(ts).Key().PEM()), "\n") {
		if len(line) > 20 && strings.Contains(text, line[:20]) {
			ts.Fatalf("the output has some of the private key")
		}
	}
	if strings.Contains(text, "eyJ") || strings.Contains(text, "canary") {
		ts.Fatalf("the output has a token or a secret: %s", text)
	}
}

// newReceiver is somebody's service, which verifies with "receiver's-secret".
func newReceiver() (url string, stop func()) {
	verifier, err := notification.NewVerifier([]byte("receiver's-secret"))
	if err != nil {
		panic(err)
	}
	accept := func(context.Context, *notification.Notification) error { return nil }
	handler, err := notification.NewHandler(verifier, accept, notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/{$}", handler)
	server := httptest.NewServer(mux)
	return server.URL, server.Close
}
