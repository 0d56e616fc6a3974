package browsertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/internal/sandbox"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// browser starts Chromium. Without one the test is skipped, or fails in CI.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no Chromium, which CI has to have")
		}
		t.Skip("there is no Chromium: apt-get install chromium")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path)}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
		"disable-background-networking", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// story is a service, the sandbox that it talks to, and somebody who watches.
type story struct {
	*testing.T
	ctx     context.Context
	box     *sandbox.Sandbox
	page    string
	tokens  *auth.TokenSource
	client  *wrapper.Client
	secret  string
	service *httptest.Server

	broken  atomic.Bool  // the control API responds with 503
	streams atomic.Int64 // that are open

	mu       sync.Mutex
	problems []string // errors of the console, and requests to elsewhere
}

// flaky is the control API while it is not broken.
func (s *story) flaky(box http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isFile := r.URL.Path == "/" || filepath.Ext(r.URL.Path) != ""
		switch {
		case s.broken.Load() && !isFile:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"error":"out of order"}`)
			return
		case r.URL.Path == "/events":
			s.streams.Add(1)
			defer s.streams.Add(-1)
		}
		box.ServeHTTP(w, r)
	})
}

func begin(t *testing.T) *story {
	s := &story{T: t, ctx: browser(t), secret: "canary" + rand.Text()}
	box, err := sandbox.New(asctest.WithApp("6478000000"))
	if err != nil {
		t.Fatal(err)
	}
	fake, control := httptest.NewServer(box.AppStoreConnect), httptest.NewUnstartedServer(s.flaky(box))
	box.BaseURL = fake.URL
	control.Config.BaseContext = func(net.Listener) context.Context { return t.Context() } // ends the stream
	control.Start()
	t.Cleanup(func() { _ = box.Fake.Close(); fake.Close(); control.Close() })
	s.box, s.page = box, control.URL
	verifier, err := notification.NewVerifier([]byte(s.secret))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, func(context.Context, *notification.Notification) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	s.service = httptest.NewServer(handler)
	t.Cleanup(s.service.Close)
	if s.tokens, err = auth.NewTokenSource(auth.Key(box.Fake.Key())); err != nil {
		t.Fatal(err)
	}
	if s.client, err = wrapper.NewClient(s.tokens, wrapper.WithBaseURL(fake.URL)); err != nil {
		t.Fatal(err)
	}
	chromedp.ListenTarget(s.ctx, s.watch)
	return s
}

// watch collects what must not happen.
func (s *story) watch(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = "exception: " + e.ExceptionDetails.Error()
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprintf("console.%s", e.Type)
	case *log.EventEntryAdded:
		problem = fmt.Sprintf("log: %s %s", e.Entry.Text, e.Entry.URL)
		if e.Entry.Level != log.LevelError && e.Entry.Level != log.LevelWarning ||
			strings.Contains(problem, "status of 400") ||
			strings.Contains(problem, "status of 409") {
			problem = "" // the browser reports what a refused form was told
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, s.page+"/") {
			problem = "a request to " + e.Request.URL
		}
	}
	if problem != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.problems = append(s.problems, problem)
	}
}

func (s *story) run(actions ...chromedp.Action) {
	s.Helper()
	if err := chromedp.Run(s.ctx, actions...); err != nil {
		s.Fatal(err)
	}
}

// sees waits until the element shows all the words.
func (s *story) sees(selector string, words ...string) {
	s.Helper()
	text := ""
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		err := chromedp.Run(s.ctx, chromedp.Evaluate(
			fmt.Sprintf("[...document.querySelectorAll(%q)].map((e) => e.innerText).join('\\n')", selector), &text))
		if err != nil {
			s.Fatal(err)
		}
		missing := false
		for _, word := range words {
			missing = missing || !strings.Contains(text, word)
		}
		if !missing {
			return
		}
	}
	s.Fatalf("%s does not show %q: %s", selector, words, text)
}

// waitFor waits until the expression is true.
func (s *story) waitFor(expression string) {
	s.Helper()
	ok := false
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if s.run(chromedp.Evaluate(expression, &ok)); ok {
			return
		}
	}
	s.Fatalf("it is not true that %s", expression)
}

func (s *story) choose(form, name, value string) {
	s.Helper()
	var ok bool
	s.run(chromedp.Evaluate(fmt.Sprintf(
		`(() => { const e = document.querySelector(%q).elements[%q]; e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === %[3]q })()`,
		form, name, value), &ok))
	if !ok {
		s.Fatalf("%s of %s has no %s", name, form, value)
	}
}

func (s *story) submit(form string) {
	s.Helper()
	s.run(chromedp.Click(form+" button[type=submit]", chromedp.ByQuery))
}

// rowOf is the selector of the latest row.
const latest = "#rows > li:first-child"

func TestThePage(t *testing.T) {
	s := begin(t)
	s.run(network.Enable(), log.Enable(), chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.page))
	s.sees("#live", "live")
	s.sees("#nothing", "Nothing yet")
	s.sees("#about", "Base URL", s.box.BaseURL, "Key ID", s.box.Fake.Key().ID, "App ID", "6478000000")
	s.run(chromedp.Click("#about button", chromedp.ByQuery))
	s.sees("#about button", "Copied")

	// A call shows up at once.
	params := wrapper.MarketplaceWebhookParams{EndpointURL: s.service.URL, Secret: wrapper.NewSecret(s.secret)}
	if _, err := s.client.MarketplaceWebhooks.Create(s.ctx, params); err != nil {
		t.Fatal(err)
	}
	s.sees(latest+" .row", "POST /v1/marketplaceWebhooks", "201")
	s.sees("#webhooks", "Marketplace webhook", s.service.URL)

	// It opens with the keyboard, without the secret.
	s.run(chromedp.Focus(latest+" .row", chromedp.ByQuery), chromedp.KeyEvent("\r"))
	s.sees(latest+" .detail", "marketplaceWebhooks_createInstance", "(withheld)", "endpointUrl", "Response 201")
	s.run(chromedp.KeyEvent("\r"))

	// Sending, sending again, and forging.
	s.choose("#send-form", "type", "AppUnavailable")
	s.submit("#send-form")
	s.sees("#send-form .result", "Responded: 200")
	s.sees(latest+" .row", "AppUnavailable", "200")
	s.run(chromedp.Click(latest+" .row", chromedp.ByQuery))
	s.sees(latest+" .detail", "Signature", "valid", `"type": "AppUnavailable"`)
	s.run(chromedp.Click(latest+" .detail button", chromedp.ByQuery))
	s.sees(latest+" .row", "sent again", "200")
	s.choose("#send-form", "signature", "forged")
	s.submit("#send-form")
	s.sees("#send-form .result", "Responded: 401")
	s.sees(latest+" .row", "to marketplace webhook", "forged, refused as it should be", "401")
	s.sees(latest+" .good", "401")
	s.sees("#announced", "AppUnavailable to marketplace webhook", "401")

	// No webhook receives it: the form says so.
	s.choose("#send-form", "type", "buildUploadStateUpdated")
	s.submit("#send-form")
	s.sees("#send-form .result", "no enabled webhook of the app 6478000000 subscribes to BUILD_UPLOAD_STATE_UPDATED")

	// A call that breaks the OpenAPI document, and a fault.
	s.badCall()
	s.sees(latest+" .row", "409")
	s.choose("#fault-form", "operation", "marketplaceWebhooks_getCollection")
	s.run(chromedp.SetValue("#fault-form [name=status]", "403", chromedp.ByQuery))
	s.submit("#fault-form")
	s.sees("#fault-form .result", "It will")
	s.sees("#faults", "marketplaceWebhooks_getCollection", "403", "once")
	s.submit("#fault-form")
	s.sees("#faults li:nth-child(2)", "403")
	s.run(chromedp.Click("#faults li:nth-child(2) button", chromedp.ByQuery))
	s.waitFor("document.querySelectorAll('#faults li').length === 1")
	_, err := s.client.MarketplaceWebhooks.Get(s.ctx)
	if apiErr, ok := errors.AsType[*wrapper.APIError](err); !ok || apiErr.StatusCode != http.StatusForbidden {
		t.Errorf("the client's error: %v", err)
	}
	s.sees(latest+" .row", "GET /v1/marketplaceWebhooks", "403", "fault")

	s.run(chromedp.Click("#rows > li:nth-child(2) .row", chromedp.ByQuery))
	s.sees("#rows > li:nth-child(2) .detail", "Rules of the OpenAPI document that were broken", "/data/attributes/endpointUrl")
	s.accessible("at 1280 pixels")
	s.picture("sandbox.png", "light", 1280, 860)
	s.picture("sandbox-dark.png", "dark", 1280, 860)
	s.run(chromedp.EmulateViewport(360, 740), chromedp.Navigate(s.page))
	s.sees(latest+" .row", "403", " ms")
	s.waitFor(`/\d\d:\d\d:\d\d\.\d\d\d/.test(document.querySelector("` + latest + ` .row").innerText)`)
	s.picture("sandbox-narrow.png", "light", 360, 740)
	s.fits(360)
	s.accessible("at 360 pixels")
	s.picture("", "dark", 360, 740)

	var html string
	s.run(chromedp.OuterHTML("html", &html))
	for name, secret := range map[string]string{"secret": s.secret, "token": "eyJ"} {
		if strings.Contains(html, secret) {
			t.Errorf("the page has a %s", name)
		}
	}
	s.hadNoProblems()
}

func (s *story) hadNoProblems() {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, problem := range s.problems {
		s.Error(problem)
	}
}

// badCall creates a webhook without saying where it is, which the client would not do.
func (s *story) badCall() {
	s.Helper()
	token, err := s.tokens.Token(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	body := fmt.Sprintf(`{"data":{"type":"marketplaceWebhooks","attributes":{"secret":%q}}}`, s.secret)
	r := httptest.NewRequest("POST", "/v1/marketplaceWebhooks", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	s.box.Fake.ServeHTTP(httptest.NewRecorder(), r)
}

// fits checks that nothing has to be scrolled sideways.
func (s *story) fits(width int) {
	s.Helper()
	var widest int
	s.run(chromedp.Evaluate("document.documentElement.scrollWidth", &widest))
	if widest > width {
		s.Errorf("the page is %d pixels wide on %d", widest, width)
	}
}

// picture writes what is seen into docs/images, if WRITE_PICTURES is set.
func (s *story) picture(name, scheme string, width, height int64) {
	s.Helper()
	var image []byte
	s.run(
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(width, height),
		chromedp.CaptureScreenshot(&image),
	)
	var ground string
	s.run(chromedp.Evaluate("getComputedStyle(document.body).backgroundColor", &ground))
	if dark := ground == "rgb(21, 24, 27)"; dark != (scheme == "dark") {
		s.Errorf("the ground is %s in the scheme %s", ground, scheme)
	}
	if folder := os.Getenv("WRITE_PICTURES"); folder != "" && name != "" {
		if err := os.WriteFile(filepath.Join(folder, name), image, 0o644); err != nil {
			s.Fatal(err)
		}
	}
}

// TestThePageWithTenThousandCalls stays usable.
func TestThePageWithTenThousandCalls(t *testing.T) {
	s := begin(t)
	for range 10_000 {
		r := httptest.NewRequest("GET", "/v1/marketplaceWebhooks", nil)
		s.box.Fake.ServeHTTP(httptest.NewRecorder(), r)
	}
	s.run(chromedp.EmulateViewport(1280, 860))
	s.run(chromedp.Navigate(s.page))
	s.sees("#live", "live")
	s.sees("#older", "Show older")
	s.run(chromedp.Click("#older", chromedp.ByQuery))
	s.sees("#rows > li:nth-child(400) .row", "401")
	for _, shown := range []string{"600", "800"} { // more than are kept of what comes in
		s.run(chromedp.Click("#older", chromedp.ByQuery))
		s.sees("#rows > li:nth-child("+shown+") .row", "401")
	}
	s.badCall()
	s.sees(latest+" .row", "409")
	s.sees("#rows > li:nth-child(801) .row", "401")
}
