package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// reach sends a request without a token, and looks at the way there. It reports
// false where App Store Connect can't be reached.
func (e *examination) reach(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var remote string
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { remote = info.Conn.RemoteAddr().String() },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.BaseURL+"/v1/marketplaceWebhooks", nil)
	if err != nil { // the client was made with this URL
		e.fail(checkNetwork, "the base URL can't be used", "Correct --base-url or ASC_BASE_URL")
		return false
	}
	request.Header.Set("User-Agent", e.UserAgent)
	request.Header.Set("Accept", "application/json")
	proxy := proxyOf(request)
	response, err := e.clock.RoundTrip(request)
	if err != nil {
		e.fail(checkNetwork, e.BaseURL+" can't be reached"+proxy+": "+cause(err), wayAdvice(err))
		return false
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	e.judgeWay(response, remote, proxy)
	e.judgeClock()
	return true
}

func (e *examination) judgeWay(response *http.Response, remote, proxy string) {
	if !strings.Contains(response.Header.Get("Content-Type"), "json") {
		e.warn(checkNetwork, fmt.Sprintf("%d with no JSON%s: this does not look like App Store Connect", response.StatusCode, proxy),
			"Check --base-url and ASC_BASE_URL, and whether a proxy or a portal responds in its place")
		return
	}
	secured := ""
	if state := response.TLS; state != nil {
		secured = fmt.Sprintf(", %s, certificate by %s", tls.VersionName(state.Version), state.PeerCertificates[0].Issuer.CommonName)
	}
	e.ok(checkNetwork, "%s responds at %s%s%s", e.BaseURL, remote, proxy, secured)
}

// proxyOf says which proxy the environment names, which is for TLS only. Its user is not shown.
func proxyOf(request *http.Request) string {
	proxy, err := http.ProxyFromEnvironment(request)
	if err != nil || proxy == nil || request.URL.Scheme == "http" {
		return ""
	}
	return " through the proxy " + proxy.Host
}

func (e *examination) judgeClock() {
	ahead, known := e.clock.skew()
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	text := fmt.Sprintf("%v %s App Store Connect's", ahead.Abs().Round(10*time.Second), direction)
	const advice = "Set this machine's clock, best by NTP: tokens are valid for minutes only, and a wrong time gets 401"
	switch {
	case !known:
		e.skip(checkClock, "the response had no Date")
	case ahead.Abs() > time.Minute:
		e.fail(checkClock, text, advice)
	case ahead.Abs() > 30*time.Second:
		e.warn(checkClock, text, advice)
	default:
		e.ok(checkClock, "within %v of App Store Connect's", max(ahead.Abs(), time.Second))
	}
}

// cause is a network's error without the URL, whose query may be private.
func cause(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return err.Error()
}

func wayAdvice(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return "Check the name " + dns.Name + " and this machine's DNS"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "A proxy that opens TLS needs its certificate in this machine's store; otherwise don't go on"
	}
	return "Check the network, a firewall, and HTTPS_PROXY"
}
