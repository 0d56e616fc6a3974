package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/ascmarketplace/webhooks/notification"
)

// tryEndpoints posts to each URL that App Store Connect would post to, and to no other.
func (e *examination) tryEndpoints(ctx context.Context) {
	var urls []string
	add := func(url string) {
		if !slices.Contains(urls, url) {
			urls = append(urls, url)
		}
	}
	for _, webhook := range e.webhooks {
		if webhook.Enabled {
			add(webhook.URL)
		}
	}
	for _, old := range e.old {
		add(old.EndpointURL)
	}
	if len(urls) == 0 {
		for _, check := range []string{checkEndpoint, checkForgery, checkPing} {
			e.skip(check, "no enabled webhook is known")
		}
	}
	for _, url := range urls {
		endpoint{e, url}.examine(ctx, len(urls) > 1)
	}
}

// endpoint is a registered URL.
type endpoint struct {
	*examination
	url string
}

func (p endpoint) note(check string, status Status, found, advice string) {
	p.report(Finding{Check: check, About: withoutQuery(p.url), Status: status, Found: found, Advice: advice})
}

func (p endpoint) examine(ctx context.Context, several bool) {
	forged, secured, err := p.post(ctx, []byte(rand.Text()))
	if err != nil {
		p.unreachable(err)
		p.note(checkForgery, Skipped, "the endpoint can't be reached", "")
		p.note(checkPing, Skipped, "the endpoint can't be reached", "")
		return
	}
	p.judgeCertificate(secured)
	p.judgeForgery(forged)
	if p.Secret == nil {
		p.note(checkPing, Skipped, "no secret was given: give --secret-file", "")
		return
	}
	p.judgePing(ctx, several)
}

func (p endpoint) unreachable(err error) {
	advice := "Start the receiver, and check its DNS, its firewall and whether it listens on this port"
	found := cause(err)
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		found = "its certificate is valid from " + invalid.Cert.NotBefore.Format(time.DateOnly) + " to " + invalid.Cert.NotAfter.Format(time.DateOnly)
		advice = "Renew the certificate"
	} else if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		advice = "Use a certificate that is trusted publicly, with its intermediate ones"
	}
	p.note(checkEndpoint, Failure, "it can't be posted to: "+found, advice)
}

func (p endpoint) judgeCertificate(secured *tls.ConnectionState) {
	if secured == nil {
		p.note(checkEndpoint, OK, "it responds, without TLS", "")
		return
	}
	days := int(time.Until(secured.PeerCertificates[0].NotAfter).Hours() / 24)
	if days < 14 {
		p.note(checkEndpoint, Warning, fmt.Sprintf("its certificate expires in %d days", days), "Renew the certificate")
		return
	}
	p.note(checkEndpoint, OK, fmt.Sprintf("it responds; its certificate is valid for %d days more", days), "")
}

func (p endpoint) judgeForgery(status int) {
	switch {
	case IsRefusal(status):
		p.note(checkForgery, OK, fmt.Sprintf("refused with %d", status), "")
	case status/100 == 2:
		p.note(checkForgery, Failure, fmt.Sprintf("accepted with %d: anybody can make the receiver believe anything", status),
			"Verify the signature before anything else, as notification.Handler does")
	default:
		p.note(checkForgery, Failure, fmt.Sprintf("%s instead of 401 or 403", statusText(status)),
			"Check that the URL is the receiver's, that no proxy or login stands before it, and that it verifies before it does anything else")
	}
}

func (p endpoint) judgePing(ctx context.Context, several bool) {
	status, _, err := p.post(ctx, p.Secret)
	if err != nil {
		p.note(checkPing, Failure, cause(err), "Try again; the forgery was responded to")
		return
	}
	switch {
	case status/100 == 2:
		p.note(checkPing, OK, "accepted with "+statusText(status), "")
	case IsRefusal(status):
		advice := "Give the receiver the secret of --secret-file, to the last byte, or register the receiver's with 'ascwebhooks webhooks update'"
		if several {
			advice += "; if this endpoint has a secret of its own, give that one"
		}
		p.note(checkPing, Failure, fmt.Sprintf("refused with %d: the receiver has another secret", status), advice)
	default:
		p.note(checkPing, Failure, statusText(status)+" instead of 2xx", "Look into the receiver's log: the signature is right, and handling fails")
	}
}

func (p endpoint) post(ctx context.Context, secret []byte) (status int, secured *tls.ConnectionState, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return PostPing(ctx, p.Transport, p.UserAgent, p.url, secret)
}

// IsRefusal reports the status of a receiver that does not believe a signature.
func IsRefusal(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// PostPing posts a ping to an endpoint, signed with the secret. No redirect is followed. secured is nil without TLS.
func PostPing(
	ctx context.Context, transport http.RoundTripper, userAgent, url string, secret []byte,
) (status int, secured *tls.ConnectionState, err error) {
	body, err := json.Marshal(notification.New(&notification.WebhookPingCreated{Timestamp: time.Now()}))
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, errors.New("the URL can't be posted to")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set(notification.SignatureHeader, notification.Sign(secret, body))
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	return response.StatusCode, response.TLS, nil
}

func statusText(status int) string { return fmt.Sprintf("%d %s", status, http.StatusText(status)) }
