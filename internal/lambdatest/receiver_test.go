package lambdatest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/ascmarketplace/webhooks/notification"
)

const secret = "This is my secret"

// A deliver posts a body with a signature through some stack, and returns the status.
type deliver func(t *testing.T, h http.Handler, body, signature string) int

func stacks() map[string]deliver {
	return map[string]deliver{
		"API Gateway REST API and Lambda": restAPI,
		"API Gateway HTTP API and Lambda": httpAPI,
		"API Gateway and Lambda, base64":  httpAPIBase64,
		"load balancer and Lambda":        loadBalancer,
		"chi": func(t *testing.T, h http.Handler, body, signature string) int {
			r := chi.NewRouter()
			r.Use(middleware.RequestID, middleware.Recoverer, middleware.Compress(5), middleware.Timeout(time.Minute))
			r.Method(http.MethodPost, "/notifications", h)
			return overHTTP(t, r, body, signature)
		},
		"http.TimeoutHandler": func(t *testing.T, h http.Handler, body, signature string) int {
			return overHTTP(t, http.TimeoutHandler(h, time.Minute, "too late"), body, signature)
		},
	}
}

func restAPI(t *testing.T, h http.Handler, body, signature string) int {
	response, err := httpadapter.New(h).ProxyWithContext(t.Context(), events.APIGatewayProxyRequest{
		HTTPMethod: http.MethodPost,
		Path:       "/notifications",
		Headers:    map[string]string{"x-apple-signature": signature, "content-type": "application/json"},
		Body:       body,
	})
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode
}

func httpAPI(t *testing.T, h http.Handler, body, signature string) int {
	return httpAPIRequest(t, h, events.APIGatewayV2HTTPRequest{Body: body}, signature)
}

// httpAPIBase64 is for an API whose binary media types include all, or JSON.
func httpAPIBase64(t *testing.T, h http.Handler, body, signature string) int {
	encoded := base64.StdEncoding.EncodeToString([]byte(body))
	return httpAPIRequest(t, h, events.APIGatewayV2HTTPRequest{Body: encoded, IsBase64Encoded: true}, signature)
}

func httpAPIRequest(t *testing.T, h http.Handler, request events.APIGatewayV2HTTPRequest, signature string) int {
	request.RawPath = "/notifications"
	request.Headers = map[string]string{"x-apple-signature": signature, "content-type": "application/json"}
	request.RequestContext.HTTP.Method = http.MethodPost
	response, err := httpadapter.NewV2(h).ProxyWithContext(t.Context(), request)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode
}

func loadBalancer(t *testing.T, h http.Handler, body, signature string) int {
	response, err := httpadapter.NewALB(h).ProxyWithContext(t.Context(), events.ALBTargetGroupRequest{
		HTTPMethod: http.MethodPost,
		Path:       "/notifications",
		Headers:    map[string]string{"x-apple-signature": signature, "content-type": "application/json"},
		Body:       body,
	})
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode
}

func overHTTP(t *testing.T, h http.Handler, body, signature string) int {
	server := httptest.NewServer(h)
	defer server.Close()
	url := server.URL + "/notifications"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(notification.SignatureHeader, signature)
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode
}

// TestEveryStack: a genuine notification is acknowledged and a forged one
// refused, whatever stands before the receiver.
func TestEveryStack(t *testing.T) {
	event := &notification.AppUnavailable{MarketplaceAppID: "1234567890", AppID: "9876543210"}
	body, err := json.Marshal(notification.New(event))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	for name, send := range stacks() {
		t.Run(name, func(t *testing.T) {
			handled := 0
			h, err := notification.NewHandler(verifier, func(context.Context, *notification.Notification) error {
				handled++
				return nil
			}, notification.WithLogger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct {
				name, secret string
				status       int
			}{{"genuine", secret, 200}, {"sent again", secret, 200}, {"forged", "another secret", 401}} {
				signature := notification.Sign([]byte(test.secret), body)
				if status := send(t, h, string(body), signature); status != test.status {
					t.Errorf("%s: got %d, want %d", test.name, status, test.status)
				}
			}
			if handled != 1 {
				t.Errorf("handled %d times, want once", handled)
			}
		})
	}
}
