package doctor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// Account is who is examined, and how it is reached.
type Account struct {
	Key           auth.KeyHint
	BaseURL       string
	PlainHTTPHost string // as wrapper.WithPlainHTTP has it; empty: none
	UserAgent     string
	AppID         string            // empty: what belongs to an app is skipped
	Transport     http.RoundTripper // nil: http.DefaultTransport
}

// newClient returns a client whose requests go through transport.
func (a Account) newClient(tokens wrapper.TokenSource, transport http.RoundTripper, retry wrapper.Retry) (*wrapper.Client, error) {
	opts := []wrapper.Option{
		wrapper.WithHTTPClient(&http.Client{Transport: transport}),
		wrapper.WithBaseURL(a.BaseURL),
		wrapper.WithUserAgent(a.UserAgent),
		wrapper.WithRetry(retry),
	}
	if a.PlainHTTPHost != "" {
		opts = append(opts, wrapper.WithPlainHTTP(a.PlainHTTPHost))
	}
	return wrapper.NewClient(tokens, opts...)
}

// Doctor examines an account.
type Doctor struct {
	Account
	Secret []byte    // nil: no ping is posted
	Since  time.Time // what was handed over so far, from the file of catch-up; zero: not known
}

// Examine makes each check, and reports each as soon as it is done.
func (d Doctor) Examine(ctx context.Context, report func(Finding)) {
	e := d.examination(report)
	if !e.findKey() || !e.reach(ctx) {
		e.skipTheRest()
		return
	}
	e.ask(ctx)
	e.judgeToken(ctx)
	e.judgeRateLimit()
	e.judgeAgreements()
	e.judgeRole()
	e.judgeApp()
	e.judgeWebhooks()
	e.judgeOld()
	e.tryEndpoints(ctx)
	e.judgeDeliveries(ctx)
}

// skipTheRest says that nothing is known of the account.
func (e *examination) skipTheRest() {
	for _, check := range []string{checkToken, checkRateLimit, checkAgreements, checkRole, checkApp, checkWebhooks, checkOld,
		checkEndpoint, checkForgery, checkPing, checkDeliveries} {
		e.skip(check, "App Store Connect can't be asked")
	}
}

// ExamineDeliveries makes only the check of deliveries, for monitoring.
func (d Doctor) ExamineDeliveries(ctx context.Context, report func(Finding)) {
	e := d.examination(report)
	if err := e.connect(); err != nil {
		e.fail(checkDeliveries, short(err), adviceAll)
		return
	}
	e.list(ctx)
	if e.listErr != nil {
		e.fail(checkDeliveries, "the app's webhooks can't be listed: "+short(e.listErr), adviceAll)
		return
	}
	if !slices.ContainsFunc(e.webhooks, func(w wrapper.Webhook) bool { return w.Enabled }) {
		e.fail(checkDeliveries, "the app has no enabled webhook, so nothing is delivered", adviceAll)
	}
	e.judgeDeliveries(ctx)
}

const adviceAll = "Run 'ascwebhooks doctor' without --check: it finds out why"

// examination is one run.
type examination struct {
	Doctor
	report func(Finding)
	client *wrapper.Client
	clock  *clock

	key      auth.Key
	old      []wrapper.MarketplaceWebhook
	oldErr   error
	webhooks []wrapper.Webhook
	listErr  error // nil too if no app was given
}

func (d Doctor) examination(report func(Finding)) *examination {
	d.Transport = cmp.Or(d.Transport, http.DefaultTransport)
	return &examination{Doctor: d, report: report, clock: &clock{next: d.Transport}}
}

func (e *examination) connect() (err error) {
	if e.key.Signer == nil {
		if e.key, err = auth.FindKey(e.Key); err != nil {
			return err
		}
	}
	e.client, err = e.clientOf(e.key)
	return err
}

func (e *examination) clientOf(key auth.Key) (*wrapper.Client, error) {
	tokens, err := auth.NewTokenSource(key)
	if err != nil {
		return nil, err
	}
	return e.newClient(tokens, e.clock,
		wrapper.Retry{Attempts: 2, Timeout: 20 * time.Second, Backoff: 100 * time.Millisecond, MaxWait: time.Second})
}

// ask makes the calls by which the checks judge.
func (e *examination) ask(ctx context.Context) {
	e.old, e.oldErr = e.client.MarketplaceWebhooks.List(ctx)
	if errors.Is(e.oldErr, wrapper.ErrNotAuthorized) || errors.Is(e.oldErr, wrapper.ErrRateLimited) {
		e.listErr = e.oldErr
		return
	}
	e.list(ctx)
}

func (e *examination) list(ctx context.Context) {
	if e.AppID == "" {
		return
	}
	for webhook, err := range e.client.Webhooks.List(ctx, e.AppID) {
		if err != nil {
			e.listErr = err
			return
		}
		e.webhooks = append(e.webhooks, webhook)
	}
}

// refused returns the first refusal that matches target.
func (e *examination) refused(target error) error {
	for _, err := range []error{e.listErr, e.oldErr} {
		if errors.Is(err, target) {
			return err
		}
	}
	return nil
}

// accepted reports that App Store Connect took a token: what it says otherwise comes after that.
func (e *examination) accepted() bool {
	if e.oldErr == nil {
		return true
	}
	refused, ok := errors.AsType[*wrapper.APIError](e.oldErr)
	return ok && refused.StatusCode != http.StatusUnauthorized && refused.StatusCode < http.StatusInternalServerError
}

// clock remembers by how much this machine's clock is ahead of App Store Connect's.
type clock struct {
	next  http.RoundTripper
	mu    sync.Mutex
	ahead time.Duration
	known bool
}

// RoundTrip implements http.RoundTripper.
func (c *clock) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if err != nil {
		return response, err
	}
	if date, dateErr := http.ParseTime(response.Header.Get("Date")); dateErr == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ahead, c.known = time.Since(date).Truncate(time.Second), true
	}
	return response, nil
}

func (c *clock) skew() (ahead time.Duration, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead, c.known
}
