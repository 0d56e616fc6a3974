package doctor

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// serve takes what arrives at the listener, and returns what ends it. Only what
// is signed with our secret counts.
func (r *probing) serve() (stop func()) {
	verifier, err := notification.NewVerifier([]byte(r.secret))
	if err != nil { // a random text is a secret
		return func() {}
	}
	receive := http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, 1<<20))
		if _, forged := verifier.Verify(body, request.Header.Get(notification.SignatureHeader)); err != nil || forged != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		status := cmp.Or(int(r.respond.Load()), http.StatusOK)
		r.Record.add(exchange{method: "(received)", path: "/", body: body, status: status})
		w.WriteHeader(status)
		select {
		case r.posts <- body:
		default: // nobody waits for so many
		}
	})
	server := notification.NewServer("", receive)
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(r.Listener) // until stop
	}()
	return func() {
		_ = server.Close()
		<-ended
	}
}

// arrival waits for the next post.
func (r *probing) arrival(ctx context.Context) (body []byte, arrived bool) {
	timer := time.NewTimer(r.Wait)
	defer timer.Stop()
	select {
	case body = <-r.posts:
		return body, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil, false
}

// posted is a ping that has arrived and is listed.
type posted struct {
	exchange // of the ping
	body     []byte
	listed   wrapper.Delivery
	after    time.Duration // until it was listed
}

// postedPing has a ping posted, responds with the status, and waits until its
// delivery is listed as finished. What it can't settle it notes for the probes.
func (r *probing) postedPing(ctx context.Context, id string, status int32, probes []string) (p posted, err error) {
	r.respond.Store(status)
	if err = r.client().Webhooks.Ping(ctx, id); err != nil {
		r.notTried("no ping can be asked for: "+short(err), probes...)
		return p, err
	}
	p.exchange = r.call
	start, arrived := time.Now(), false
	if p.body, arrived = r.arrival(ctx); !arrived {
		r.notTried("the ping did not arrive: check that --url leads to --addr", probes...)
		return p, errors.New("no arrival")
	}
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		listed, err := r.deliveries(ctx, id)
		if err != nil {
			r.notTried(short(err), probes...)
			return p, err
		}
		for _, d := range listed {
			if id := dataID(p.body); (d.EventID == id || dataID(d.Payload) == id) && d.State != wrapper.DeliveryPending {
				p.listed, p.after = d, time.Since(start)
				return p, nil
			}
		}
		if time.Since(start) > 5*time.Minute {
			r.notListed(probes)
			return p, errors.New("not listed")
		}
		if err := wait(ctx, pause); err != nil {
			return p, err
		}
	}
}

func (r *probing) notListed(probes []string) {
	r.notTried("the delivery was not listed in five minutes", probes...)
	if probes[0] == probeListed {
		r.settle(probeListed, false, r.call, "it was not listed as finished in five minutes")
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
