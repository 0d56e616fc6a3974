package doctor

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// Probe tries on App Store Connect what this module assumes of it, with
// webhooks of its own, which it deletes.
type Probe struct {
	Account
	URL      string        // of the webhooks
	Listener net.Listener  // where the URL leads; nil: what arrives is not seen
	Record   *Record       // nil: nothing is kept
	Wait     time.Duration // for a post to arrive; zero: two minutes
}

// webhookName is by which a later run knows what an earlier one left behind, and
// urlMark is that for the marketplace webhook, which has no name.
const (
	webhookName = "ascwebhooks doctor"
	urlMark     = "ascwebhooks-doctor"
)

// CheckURL refuses a URL that the client would not register.
func (p Probe) CheckURL() error {
	client, err := p.newClient(noToken{}, http.DefaultTransport, wrapper.Retry{Attempts: 1})
	if err != nil {
		return nil // it is not the URL's fault, and Run says it
	}
	_, err = client.MarketplaceWebhooks.Create(context.Background(),
		wrapper.MarketplaceWebhookParams{EndpointURL: p.URL, Secret: wrapper.NewSecret("a secret")})
	if errors.Is(err, wrapper.ErrInvalid) {
		return errors.New(short(err))
	}
	return nil
}

// noToken has a client check what it is given, and send nothing.
type noToken struct{}

func (noToken) Token(context.Context) (string, error) { return "", errors.New("there is none") }

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// Plan says what Run is going to do, a line for each step.
func (p Probe) Plan() []string {
	plan := []string{
		"delete what an earlier run left behind: webhooks named " + webhookName,
		"if the account has no marketplace webhook: try to create some, for " + withMark(p.URL) + " and over http, and delete them",
		"create two disabled webhooks of app " + p.AppID + " for " + p.URL + ", and list their deliveries",
	}
	if p.Listener != nil {
		plan = append(plan, "enable one of them, have two pings posted to it and one to the other, and have one sent again")
	}
	return append(plan, "delete them")
}

// Run makes each probe and reports what is known of each fact. The error says
// what was left behind, or why nothing could be tried.
func (p Probe) Run(ctx context.Context, report func(Outcome)) error {
	if err := p.CheckURL(); err != nil {
		return fmt.Errorf("the URL can't be used: %w", err)
	}
	key, err := auth.FindKey(p.Key)
	if err != nil {
		return err
	}
	r := &probing{Probe: p, outcomes: map[string]Outcome{}, secret: rand.Text(), posts: make(chan []byte, 100)}
	if r.tokens, err = auth.NewTokenSource(key); err != nil {
		return err
	}
	if r.checked, err = p.newClient(r.tokens, r, wrapper.Retry{Attempts: 1, Timeout: requestTimeout}); err != nil {
		return err
	}
	r.Transport = cmp.Or(r.Transport, http.DefaultTransport)
	r.Wait = cmp.Or(r.Wait, 2*time.Minute)
	r.Record.know(r.secret)
	if p.Listener != nil {
		defer r.serve()()
	}
	err = r.run(ctx)
	for _, fact := range Facts() {
		report(r.outcome(fact, ctx.Err()))
	}
	return cmp.Or(err, r.Record.failed())
}

// probing is one run.
type probing struct {
	Probe
	tokens   *auth.TokenSource
	checked  *wrapper.Client
	call     exchange           // the latest one
	outcomes map[string]Outcome // by probe
	secret   string
	posts    chan []byte  // bodies that arrived with our signature
	respond  atomic.Int32 // with this status; 0: 200
}

func (r *probing) run(ctx context.Context) error {
	if err := r.sweep(ctx); err != nil {
		return fmt.Errorf("nothing was tried: %w", err)
	}
	if ctx.Err() == nil {
		r.tryMarketplaceWebhooks(ctx)
	}
	if ctx.Err() == nil {
		r.tryWebhooks(ctx)
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := r.sweep(after); err != nil {
		return fmt.Errorf("webhooks named %s may be left behind, which the next run deletes: %w", webhookName, err)
	}
	return nil
}

func (r *probing) outcome(fact Fact, stopped error) Outcome {
	o, tried := r.outcomes[fact.Probe]
	switch {
	case fact.Probe == "":
		o = Outcome{Verdict: NotTried, Found: fact.Why}
	case !tried && stopped != nil:
		o = Outcome{Verdict: NotTried, Found: "interrupted"}
	case !tried:
		o = Outcome{Verdict: NotTried, Found: "an earlier step failed"}
	}
	o.Fact, o.Probe = fact.Text, fact.Probe
	return o
}

// settle notes what a probe came to.
func (r *probing) settle(probe string, confirmed bool, x exchange, found string, args ...any) {
	o := Outcome{Verdict: Refuted, Found: fmt.Sprintf(found, args...), RequestID: x.requestID()}
	if confirmed {
		o.Verdict = Confirmed
	}
	r.outcomes[probe] = o
}

// judge settles a fact by the status of the call that ended with err.
func (r *probing) judge(probe string, confirmed bool, err error) {
	x, err := r.ended(err)
	if err != nil {
		r.notTried(short(err), probe)
		return
	}
	r.settle(probe, confirmed, x, "%s", statusText(x.status))
}

func (r *probing) notTried(why string, probes ...string) {
	for _, probe := range probes {
		r.outcomes[probe] = Outcome{Verdict: NotTried, Found: why}
	}
}

// sweep deletes what is ours, by its name or its URL.
func (r *probing) sweep(ctx context.Context) error {
	var deleteErr error
	for hook, err := range r.client().Webhooks.List(ctx, r.AppID) {
		if err != nil {
			return err
		}
		if hook.Name == webhookName {
			deleteErr = cmp.Or(deleteErr, unlessGone(r.client().Webhooks.Delete(ctx, hook.ID)))
		}
	}
	return cmp.Or(deleteErr, r.sweepMarketplaceWebhooks(ctx))
}

func (r *probing) sweepMarketplaceWebhooks(ctx context.Context) error {
	hooks, err := r.client().MarketplaceWebhooks.List(ctx)
	if r.call.isRefused() {
		return nil // the key may not read it; then nothing of ours is there
	}
	for _, hook := range hooks {
		if strings.HasSuffix(hook.EndpointURL, urlMark) {
			err = cmp.Or(err, unlessGone(r.client().MarketplaceWebhooks.Delete(ctx, hook.ID)))
		}
	}
	return err
}

func unlessGone(err error) error {
	if errors.Is(err, wrapper.ErrNotFound) {
		return nil
	}
	return err
}

// withMark is a URL that a later run recognises.
func withMark(rawURL string) string {
	if strings.Contains(rawURL, "?") {
		return rawURL + "&" + urlMark
	}
	return rawURL + "?" + urlMark
}
