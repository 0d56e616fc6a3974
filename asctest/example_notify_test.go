package asctest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

func ExampleHandler_Notify() {
	t := begin()
	defer t.end()

	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("received", r.Header.Get("Content-Type"), len(r.Header.Get(notification.SignatureHeader)))
	}))
	defer endpoint.Close()
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{EndpointURL: endpoint.URL, Secret: "This is my secret"})

	event := &notification.AppUnavailable{MarketplaceAppID: "6477361842", AppID: "6478123456"}
	fmt.Println(server.Notify(context.Background(), event))
	// Output:
	// received application/json 75
	// 200 <nil>
}

func ExampleSignedNotification() {
	t := begin()
	defer t.end()

	url, stop := exampleReceiver("new secret")
	defer stop()
	server := asctest.NewServer(t, asctest.MarketplaceWebhook{EndpointURL: url, Secret: "new secret"})
	event := &notification.AppUnavailable{MarketplaceAppID: "6477361842", AppID: "6478123456"}
	signed, err := server.Sign("", notification.New(event))
	if err != nil {
		fmt.Println(err)
		return
	}
	send := func(n asctest.SignedNotification) {
		sent, err := n.Send(context.Background())
		fmt.Println(sent.SignedWith, sent.StatusCode, err)
	}
	send(signed[0])
	send(signed[0]) // the same once more: acknowledged, not handled again
	send(signed[0].Forged())
	send(signed[0].SignedWith("old secret"))
	// Output:
	// handled AppUnavailable
	// valid 200 <nil>
	// valid 200 <nil>
	// forged 401 <nil>
	// forged 401 <nil>
}

// exampleReceiver starts a receiver that prints what it handles.
func exampleReceiver(secret string) (url string, stop func()) {
	verifier, err := notification.NewVerifier([]byte(secret))
	if err != nil {
		panic(err)
	}
	handler, err := notification.NewHandler(verifier, func(_ context.Context, n *notification.Notification) error {
		fmt.Println("handled", n.Type)
		return nil
	}, notification.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(handler)
	return server.URL, server.Close
}
