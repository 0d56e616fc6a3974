package asctest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/notification"
)

// appWebhook subscribes to uploads of builds.
func appWebhook(url string) asctest.Webhook {
	return asctest.Webhook{
		ID: "ci", AppID: "6478000001", Name: "CI", URL: url, Secret: "This is my secret",
		EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"}, Enabled: true,
	}
}

var uploaded = &notification.BuildUploadStateUpdated{
	StateChange: notification.StateChange{InstanceID: "b1", Old: "PROCESSING", New: "COMPLETE"},
}

func ExampleHandler_Deliveries() {
	t := begin()
	defer t.end()

	url, stop := exampleReceiver("This is my secret")
	defer stop()
	server := asctest.NewServer(t, appWebhook(url))
	if _, err := server.Notify(context.Background(), uploaded); err != nil {
		fmt.Println(err)
	}
	for _, d := range server.Deliveries("ci") {
		fmt.Println(d.EventType, d.State, d.StatusCode)
	}
	// Output:
	// handled buildUploadStateUpdated
	// BUILD_UPLOAD_STATE_UPDATED SUCCEEDED 200
}

func ExampleSignedNotification_Send() {
	t := begin()
	defer t.end()

	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInsufficientStorage)
	}))
	defer endpoint.Close()
	server := asctest.NewServer(t, appWebhook(endpoint.URL))
	signed, err := server.Sign("ci", notification.New(uploaded))
	if err != nil {
		fmt.Println(err)
		return
	}
	sent, err := signed[0].Send(context.Background())
	fmt.Printf("%s %d %q %v\n", sent.State, sent.StatusCode, sent.ResponseBody, err)
	// Output: FAILED 507 "the disk is full\n" <nil>
}

func ExampleHandler_Wait() {
	t := begin()
	defer t.end()

	url, stop := exampleReceiver("This is my secret")
	defer stop()
	server := asctest.NewServer(t, appWebhook(url))
	call(server.Client(), server.Key(), "POST", server.URL+"/v1/webhookPings", pingBody("ci"))
	server.Wait() // it is posted in the background
	fmt.Println(server.Deliveries("ci")[0].State)
	// Output:
	// handled webhookPingCreated
	// SUCCEEDED
}

func ExampleWebhook() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.Webhook{ID: "ci", AppID: "6478000001", Name: "CI", URL: "https://ci.example/hook"})
	fmt.Println(server.State().Apps, server.State().Webhooks[0].Name)
	if err := server.Update(func(s *asctest.State) { s.Webhooks = nil }); err != nil {
		fmt.Println(err)
	}
	fmt.Println(call(server.Client(), server.Key(), "GET", server.URL+"/v1/webhooks/ci", ""))
	// Output:
	// [6478000001] CI
	// 404
}

func ExamplePackageVersion() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.PackageVersion{
		PackageFile: asctest.PackageFile{ID: "v7", Content: []byte("the package")}, Version: "7",
	})
	url := server.URL + "/v1/alternativeDistributionPackageVersions/"
	fmt.Println(call(server.Client(), server.Key(), "GET", url+"v7", ""))
	fmt.Println(call(server.Client(), server.Key(), "GET", url+"another", ""))
	// Output:
	// 200
	// 404
}

func ExampleSettings() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.Settings{Skew: time.Hour}) // its clock is ahead, so every token has expired
	fmt.Println(call(server.Client(), server.Key(), "GET", server.URL+"/v1/marketplaceWebhooks", ""))
	fmt.Println(server.Exchanges()[0].Reason)
	// Output:
	// 401
	// token: expired
}

func ExampleSettings_secondCreate() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.Settings{
		SecondCreateStatus: http.StatusUnprocessableEntity, SecondCreateCode: "ENTITY_UNPROCESSABLE",
	})
	url := server.URL + "/v1/marketplaceWebhooks"
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody))
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody))
	// Output:
	// 201
	// 422
}

func ExampleResource() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t,
		asctest.Resource{Type: "apps", ID: "6478000001", Attributes: map[string]any{"bundleId": "com.example.ours"}},
		asctest.Resource{
			Type: "builds", ID: "b1", Attributes: map[string]any{"version": "42"},
			Relationships: map[string][]string{"app": {"6478000001"}},
		})
	for _, path := range []string{"/v1/builds/b1?include=app", "/v1/apps?filter[bundleId]=com.example.ours", "/v1/builds/b2"} {
		fmt.Println(call(server.Client(), server.Key(), "GET", server.URL+path, ""))
	}
	// Output:
	// 200
	// 200
	// 404
}
