package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// responding counts the posts that it responds to with what status says.
func responding(status, posts *int) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		*posts++
		return &http.Response{StatusCode: *status, Body: http.NoBody, Request: r}, nil
	}
}

// pipedWebhook is missedID on a server that works in testing/synctest. Nothing that is posted to it arrives.
func pipedWebhook(t *testing.T, settings asctest.Settings) *asctest.Server {
	t.Helper()
	settings.DeliveryTransport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("down") })
	return use(t, asctest.NewPipeServer(t, settings, asctest.WithApp(sample.MarketplaceAppID), asctest.Webhook{
		ID: missedID, AppID: sample.MarketplaceAppID, Name: "n", URL: "https://down.example/", Secret: "canary-0", Enabled: true,
		EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"},
	}))
}

// TestListenPollsForNineDays: an event that is not taken is tried for nine days, as the help and the docs say, and then
// given up. What comes later is not held up by it, not even by a machine that slept for longer than deliveries are listed.
func TestListenPollsForNineDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := pipedWebhook(t, asctest.Settings{})
		status, posts := http.StatusBadGateway, 0
		p, stderr := polled(t, server, handOver{target: "https://service.example/", poster: poster{transport: responding(&status, &posts)}})
		expect := func(when string, want int, told bool) {
			t.Helper()
			passes(t, p, 1)
			if got := strings.Contains(stderr.String(), "given up: what was delivered before "); posts != want || got != told {
				t.Errorf("%s: posted %d times, want %d; told %q", when, posts, want, stderr.String())
			}
		}
		expect("at the start", 0, false)
		deliver(t, server, "b1")
		expect("refused", 1, false)
		time.Sleep(time.Hour)
		expect("after an hour", 2, false)
		time.Sleep(9*24*time.Hour - time.Hour - time.Minute)
		expect("after nearly nine days", 3, false)
		time.Sleep(2 * time.Minute)
		expect("after nine days", 3, true)
		deliver(t, server, "b2")
		status = http.StatusOK
		expect("a later event", 4, true)
		time.Sleep(20 * 24 * time.Hour)
		deliver(t, server, "b3")
		expect("after a long sleep", 5, true)
	})
	_, help, _ := inProcess(t, "listen", "--help")
	docs, err := os.ReadFile("../../docs/running.md")
	for name, text := range map[string]string{"the help": help, "docs/running.md": string(docs)} {
		if err != nil || !strings.Contains(strings.Join(strings.Fields(text), " "), "tried again every 15 seconds, for nine days") {
			t.Errorf("%s has another bound: %v", name, err)
		}
	}
}

// TestListenPollsInOrder hands over the oldest first.
func TestListenPollsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := pipedWebhook(t, asctest.Settings{})
		var order []string
		p, _ := polled(t, server, handOver{target: "https://service.example/", poster: poster{transport: roundTripper(
			func(r *http.Request) (*http.Response, error) {
				n, err := notification.Decode(readAll(t, r.Body))
				if err == nil {
					order = append(order, n.Event.(*notification.BuildUploadStateUpdated).InstanceID)
				}
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, err
			},
		)}})
		passes(t, p, 1)
		for _, build := range []string{"b3", "b1", "b2"} {
			deliver(t, server, build)
			time.Sleep(time.Second)
		}
		passes(t, p, 1)
		if got := strings.Join(order, " "); got != "b3 b1 b2" {
			t.Errorf("handed over %q", got)
		}
	})
}

// TestListenPollsLateDelivery hands over what is listed only minutes after its creation, once.
func TestListenPollsLateDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lag = 5*time.Minute - pollEvery
		server := pipedWebhook(t, asctest.Settings{ListLag: lag})
		status, posts := http.StatusOK, 0
		p, _ := polled(t, server, handOver{
			target: "https://service.example/", poster: poster{transport: responding(&status, &posts)}, everyCopy: true,
		})
		passes(t, p, 1)
		deliver(t, server, "b1")
		for start := time.Now(); time.Since(start) < 2*lag; time.Sleep(pollEvery) {
			passes(t, p, 1)
			if late := time.Since(start); posts > 1 || (posts == 1) != (late >= lag) {
				t.Errorf("after %v: posted %d times", late, posts)
			}
		}
	})
}

// TestListenPollsEvery15Seconds, though a list fails, and signs what it forwards. What App Store Connect refuses ends it.
func TestListenPollsEvery15Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := pipedWebhook(t, asctest.Settings{})
		var stderr output
		forwarded := make(chan string, 1)
		l := &listener{
			system: &system{stdout: &output{}, stderr: &stderr}, webhook: missedID, secrets: [][]byte{[]byte("first"), []byte("second")},
			handOver: handOver{timeout: time.Minute, target: "https://service.example/", poster: poster{transport: roundTripper(
				func(r *http.Request) (*http.Response, error) {
					body, _ := io.ReadAll(r.Body)
					verifier, _ := notification.NewVerifier([]byte("first"))
					_, err := verifier.Verify(body, r.Header.Get(notification.SignatureHeader))
					forwarded <- fmt.Sprint(err)
					return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
				},
			)}},
		}
		ended := make(chan error, 1)
		go func() { ended <- l.poll(t.Context(), clientOf(t, server)) }()
		lists := func(after time.Duration) (n int) {
			time.Sleep(after)
			synctest.Wait()
			return len(server.Exchanges())
		}
		if n := lists(61 * time.Second); n != 5 {
			t.Errorf("%d lists in a minute", n)
		}
		deliver(t, server, "b1")
		if err := <-forwarded; err != "<nil>" {
			t.Errorf("forwarded with a signature that is not by the first secret: %s", err)
		}
		server.FailNext(asctest.Fault{Status: http.StatusNotImplemented})
		if n := lists(30 * time.Second); n != 8 || strings.Count(stderr.String(), "501") != 1 {
			t.Errorf("%d lists, told %q", n, stderr.String())
		}
		server.FailNext(asctest.Fault{Status: http.StatusForbidden})
		if err := <-ended; err == nil || !strings.Contains(fmt.Sprint(err), "403") {
			t.Errorf("it ended with %v", err)
		}
	})
}
