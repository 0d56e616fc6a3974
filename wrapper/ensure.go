package wrapper

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// EnsureMarketplaceWebhook is the webhook that Ensure is to bring about.
type EnsureMarketplaceWebhook struct {
	EndpointURL string
	// Secret is set whenever it is given, since nobody can read which one is
	// registered. It may be left out where the webhook already exists.
	Secret Secret
	// Replace allows to take over a webhook that has another URL.
	Replace bool
}

// EnsureResult is what Ensure found and did.
type EnsureResult struct {
	Webhook MarketplaceWebhook
	Action  EnsureAction
}

// EnsureAction is the last thing that Ensure did.
type EnsureAction string

// What Ensure may have done.
const (
	EnsureUnchanged EnsureAction = "unchanged" // it was there, and no secret was given
	EnsureCreated   EnsureAction = "created"
	EnsureUpdated   EnsureAction = "updated"  // it was there, the secret was set
	EnsureReplaced  EnsureAction = "replaced" // another URL was there
)

// ensureRounds bounds how often Ensure looks again after somebody, or an
// answer that was lost, changed what it had seen.
const ensureRounds = 4

// Ensure converges on one webhook with this URL and this secret: it lists,
// then creates, updates or leaves. After an unknown outcome, a conflict or a
// webhook that vanished it looks again. Another URL already there is an
// *OtherEndpointError unless Replace is set.
//
// Several replicas may call it at once with the same values. It keeps no
// lock, so the last writer wins: a replica that still starts with an old URL
// and Replace, or with an old secret, undoes what a newer one has set. Roll a
// new secret out to every receiver first, and set Replace in one place only.
func (s *MarketplaceWebhooks) Ensure(ctx context.Context, want EnsureMarketplaceWebhook) (EnsureResult, error) {
	if err := checkEndpointURL(want.EndpointURL); err != nil {
		return EnsureResult{}, err
	}
	if !want.Secret.IsZero() {
		if err := checkSecret(want.Secret); err != nil {
			return EnsureResult{}, err
		}
	}
	var unknown error // a create of which nobody knows what became of it
	conflicts := 0
	for round := 1; ; round++ {
		result, err := s.ensureOnce(ctx, want)
		if err == nil {
			return result, nil
		}
		if isUnknown(err) {
			unknown = err
		}
		if errors.Is(err, ErrConflict) {
			conflicts++ // the first may be another replica's doing, the second is meant
		}
		if round == ensureRounds || conflicts > 1 || !worthLookingAgain(err) {
			return EnsureResult{}, stillUnknown(unknown, err)
		}
		if ctxErr := sleep(ctx, s.c.retry.backoff(round)); ctxErr != nil {
			return EnsureResult{}, stillUnknown(unknown, fmt.Errorf("%w (stopped: %w)", err, ctxErr))
		}
	}
}

func (s *MarketplaceWebhooks) ensureOnce(ctx context.Context, want EnsureMarketplaceWebhook) (EnsureResult, error) {
	there, err := s.Get(ctx)
	if errors.Is(err, ErrNotFound) {
		if want.Secret.IsZero() {
			return EnsureResult{}, invalid("secret is missing; there is no webhook yet, and creating one needs it")
		}
		created, err := s.Create(ctx, CreateMarketplaceWebhook{want.EndpointURL, want.Secret})
		return want.result(created, EnsureCreated, err)
	}
	if err != nil {
		return EnsureResult{}, err
	}
	switch same := sameURL(there.EndpointURL, want.EndpointURL); {
	case same && want.Secret.IsZero():
		return EnsureResult{there, EnsureUnchanged}, nil
	case same:
		updated, err := s.Update(ctx, there.ID, UpdateMarketplaceWebhook{Secret: want.Secret})
		return want.result(updated, EnsureUpdated, err)
	case want.Replace:
		updated, err := s.Update(ctx, there.ID, UpdateMarketplaceWebhook{want.EndpointURL, want.Secret})
		return want.result(updated, EnsureReplaced, err)
	default:
		return EnsureResult{}, &OtherEndpointError{Existing: there}
	}
}

var errElsewhere = errors.New("wrapper: the webhook got another endpoint URL meanwhile")

func (want EnsureMarketplaceWebhook) result(webhook MarketplaceWebhook, action EnsureAction, err error) (EnsureResult, error) {
	if err == nil && webhook.EndpointURL != "" && !sameURL(webhook.EndpointURL, want.EndpointURL) {
		err = errElsewhere
	}
	if err != nil {
		return EnsureResult{}, err
	}
	return EnsureResult{webhook, action}, nil
}

// worthLookingAgain: another replica was faster, or nobody can tell.
func worthLookingAgain(err error) bool {
	if isUnknown(err) || errors.Is(err, errElsewhere) {
		return true
	}
	apiErr, refused := errors.AsType[*APIError](err)
	return refused && (errors.Is(apiErr, ErrConflict) || errors.Is(apiErr, ErrNotFound))
}

func isUnknown(err error) bool {
	_, unknown := errors.AsType[*OutcomeUnknownError](err)
	return unknown
}

// stillUnknown keeps an unknown outcome in the error when what came after
// has not settled it. Another URL found there has.
func stillUnknown(unknown, err error) error {
	_, settled := errors.AsType[*OtherEndpointError](err)
	if unknown == nil || settled || isUnknown(err) {
		return err
	}
	return fmt.Errorf("%w (then: %w)", unknown, err)
}

// sameURL compares as far as Apple might rewrite a URL: case of scheme and
// host, the scheme's own port, and an empty path.
func sameURL(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	if errA != nil || errB != nil {
		return a == b
	}
	for _, u := range []*url.URL{ua, ub} {
		u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
		u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
		if u.Path == "" {
			u.Path = "/"
		}
	}
	return ua.String() == ub.String()
}
