package wrapper_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ascmarketplace/webhooks/wrapper"
)

// TestRefusedLocally: what cannot be right is refused with the field's name,
// and nothing is sent.
func TestRefusedLocally(t *testing.T) {
	client, requests := countingServer(t)
	webhooks, secret := client.MarketplaceWebhooks, wrapper.NewSecret("s")
	const canonical = "endpoint URL must be in its canonical form, "
	emptySecret := wrapper.MarketplaceWebhookParams{EndpointURL: "https://example.com", Secret: wrapper.NewSecret("")}
	create := func(endpointURL string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := webhooks.Create(ctx, wrapper.MarketplaceWebhookParams{EndpointURL: endpointURL, Secret: secret})
			return err
		}
	}
	update := func(id, endpointURL string, secret wrapper.Secret) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := webhooks.Update(ctx, id, wrapper.MarketplaceWebhookParams{EndpointURL: endpointURL, Secret: secret})
			return err
		}
	}
	withSecret := func(secret wrapper.Secret) func(context.Context) error {
		return func(ctx context.Context) error {
			p := wrapper.MarketplaceWebhookParams{EndpointURL: "https://example.com/n", Secret: secret}
			_, err := webhooks.Create(ctx, p)
			return err
		}
	}
	remove := func(id string) func(context.Context) error {
		return func(ctx context.Context) error { return webhooks.Delete(ctx, id) }
	}
	ensure := func(want wrapper.MarketplaceWebhookParams) func(context.Context) error {
		return func(ctx context.Context) error { _, err := webhooks.Ensure(ctx, want); return err }
	}
	for name, test := range map[string]struct {
		call func(context.Context) error
		want string
	}{
		"no URL":              {create(""), "endpoint URL is missing"},
		"relative URL":        {create("/notifications"), "endpoint URL must be absolute"},
		"opaque URL":          {create("https:example.com"), "endpoint URL must be absolute"},
		"no host":             {create("https://:443/n"), "endpoint URL must be absolute"},
		"userinfo":            {create("https://user:pass@example.com/n"), "endpoint URL must have no user"},
		"fragment":            {create("https://example.com/n#top"), "endpoint URL must have no fragment"},
		"empty fragment":      {create("https://example.com/n#"), "endpoint URL must have no fragment"},
		"http":                {create("http://example.com/n"), "endpoint URL must be https"},
		"http, private":       {create("http://10.0.0.1/n"), "endpoint URL must be https"},
		"http, looks local":   {create("http://localhost.example.com/n"), "endpoint URL must be https"},
		"other scheme":        {create("ftp://localhost/n"), "endpoint URL must be https"},
		"space":               {create("https://example.com/a b"), "endpoint URL does not parse"},
		"not ASCII":           {create("https://exämple.com/n"), "endpoint URL does not parse"},
		"control character":   {create("https://example.com/\n"), "endpoint URL does not parse"},
		"bad port":            {create("https://example.com:port/"), "endpoint URL does not parse"},
		"update URL":          {update("id", "http://example.com", wrapper.Secret{}), "endpoint URL must be https"},
		"ensure URL":          {ensure(wrapper.MarketplaceWebhookParams{Secret: secret}), "endpoint URL is missing"},
		"no secret":           {withSecret(wrapper.Secret{}), "secret is missing or empty"},
		"empty secret":        {withSecret(wrapper.NewSecret("")), "secret is missing or empty"},
		"secret not UTF-8":    {withSecret(wrapper.NewSecret("\xff")), "secret is not valid UTF-8"},
		"secret and newline":  {withSecret(wrapper.NewSecret("canary\n")), "secret ends in a newline"},
		"secret and CRLF":     {withSecret(wrapper.NewSecret("canary\r\n")), "secret ends in a newline"},
		"secret and CR":       {withSecret(wrapper.NewSecret("canary\r")), "secret ends in a newline"},
		"update with newline": {update("id", "", wrapper.NewSecret("canary\n")), "secret ends in a newline"},
		"update empty secret": {update("id", "", wrapper.NewSecret("")), "secret is missing or empty"},
		"ensure empty secret": {ensure(emptySecret), "secret is missing or empty"},
		"no id":               {remove(""), "id is missing"},
		"dot":                 {remove("."), "id has characters"},
		"dot dot":             {remove(".."), "id has characters"},
		"slash":               {remove("a/b"), "id has characters"},
		"backslash":           {remove(`a\b`), "id has characters"},
		"query":               {remove("a?b"), "id has characters"},
		"fragment id":         {remove("a#b"), "id has characters"},
		"escaped":             {remove("%2e%2e"), "id has characters"},
		"newline":             {remove("a\nb"), "id has characters"},
		"escaped host":        {create("https://ex%C3%A4mple.com/n"), "endpoint URL must be absolute"},
		"no such port":        {create("https://example.com:99999/n"), "endpoint URL must be absolute"},
		"port 0":              {create("https://example.com:0/n"), "endpoint URL must be absolute"},
		"zone":                {create("https://[fe80::1%25eth0]/n"), "endpoint URL must be absolute"},
		"odd host":            {create(`https://exa"mple.com/n`), "endpoint URL"},
		"dots":                {create("https://..../n"), "endpoint URL must be absolute"},
		"wildcard":            {create("https://*.example.com/n"), "endpoint URL must be absolute"},
		"upper case":          {create("HTTPS://EXAMPLE.com/n"), canonical + "https://example.com/n"},
		"port written out":    {create("https://example.com:443/n"), canonical + "https://example.com/n"},
		"port with zeros":     {create("https://example.com:08443/n"), canonical + "https://example.com:8443/n"},
		"full stop":           {create("https://example.com./n"), canonical + "https://example.com/n"},
		"dot segments":        {create("https://example.com/a/../b/./"), canonical + "https://example.com/b/"},
		"escaped tilde":       {create("https://example.com/%7Ea"), canonical + "https://example.com/~a"},
		"lower-case escape":   {create("https://example.com/%c3%a4"), canonical + "https://example.com/%C3%A4"},
		"empty query":         {create("https://example.com/n?"), canonical + "https://example.com/n"},
		"IPv6":                {create("https://[::0001]/n"), canonical + "https://[::1]/n"},
		"id not ASCII":        {remove("ä"), "id has characters"},
		"long id":             {remove(strings.Repeat("a", 257)), "id is over 256 bytes"},
		"update id":           {update("..", "", secret), "id has characters"},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.call(t.Context())
			if !errors.Is(err, wrapper.ErrInvalid) || !strings.HasPrefix(err.Error(), "wrapper: "+test.want) {
				t.Errorf("got %v, want wrapper: %s", err, test.want)
			}
			if strings.Contains(err.Error(), "pass@") {
				t.Errorf("the error echoes a password: %v", err)
			}
		})
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests left", n)
	}
}

func TestAcceptedEndpointURLs(t *testing.T) {
	client, requests := countingServer(t)
	for _, endpointURL := range []string{
		"https://example.com", "https://example.com/", "https://example.com:8443/a?b=c", "https://example.com/n",
		"http://localhost/n", "http://127.0.0.1:8080/n", "http://127.9.9.9", "http://[::1]:8080/n",
		"https://xn--exmple-cua.com/%C3%A4", "https://example.com/a//b", "https://example.com/n?a=%zz",
		"https://example.com/.well-known/n", "https://example.com/a//.b/",
	} {
		before := requests.Load()
		_, err := client.MarketplaceWebhooks.Create(t.Context(), params(endpointURL, "s"))
		if requests.Load() != before+1 {
			t.Errorf("%s was not sent: %v", endpointURL, err)
		}
	}
}

// FuzzID: whatever an id is, the request goes to the webhook's own path on
// the same host, or nowhere.
func FuzzID(f *testing.F) {
	for _, id := range []string{
		"c74970b8-6be0-40fa-8f51-8e1532005635", "..", "a/../b", "%2e%2e", "a?b", "a;b=c", "eyJ=", "@host", ":80",
	} {
		f.Add(id)
	}
	const prefix = "/v1/marketplaceWebhooks/"
	f.Fuzz(func(t *testing.T, id string) {
		var sent *http.Request
		client := newClient(t, fixedToken("token"), wrapper.WithRetry(wrapper.Retry{Attempts: 1}),
			wrapper.WithHTTPClient(&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				sent = req
				return nil, errors.New("not sent")
			})}))
		_ = client.MarketplaceWebhooks.Delete(t.Context(), id)
		if sent == nil {
			return
		}
		elsewhere := sent.URL.Scheme+"://"+sent.URL.Host != wrapper.DefaultBaseURL
		if elsewhere || sent.URL.RawQuery != "" || sent.URL.Fragment != "" {
			t.Errorf("id %q leads to %s", id, sent.URL)
		}
		rest, ok := strings.CutPrefix(sent.URL.EscapedPath(), prefix)
		if !ok || rest == "" || rest == "." || rest == ".." || strings.Contains(rest, "/") || sent.URL.Path != prefix+id {
			t.Errorf("id %q leads to path %q", id, sent.URL.EscapedPath())
		}
	})
}
