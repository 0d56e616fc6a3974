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

func uploaded() *notification.Notification {
	return notification.New(&notification.BuildUploadStateUpdated{StateChange: notification.StateChange{
		InstanceID: "b1", Old: "PROCESSING", New: "COMPLETE",
	}})
}

func ExampleHandler_NotifyWebhooks() {
	t := begin()
	defer t.end()

	url, stop := exampleReceiver("This is my secret")
	defer stop()
	server := asctest.NewServer(t, asctest.WithWebhook(appWebhook(url)))
	if _, err := server.NotifyWebhooks(context.Background(), "6478000001", uploaded()); err != nil {
		fmt.Println(err)
	}
	for _, d := range server.Deliveries("ci") {
		fmt.Println(d.EventType, d.State, d.StatusCode)
	}
	// Output:
	// handled buildUploadStateUpdated
	// BUILD_UPLOAD_STATE_UPDATED SUCCEEDED 200
}

func ExampleHandler_SignedNotificationTo() {
	t := begin()
	defer t.end()

	url, stop := exampleReceiver("This is my secret")
	defer stop()
	server := asctest.NewServer(t, asctest.WithWebhook(appWebhook(url)))
	delivery, err := server.SignedNotificationTo("ci", uploaded())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(delivery.Forged().Send(context.Background()))
	fmt.Println(len(server.Deliveries("ci")), "recorded")
	// Output:
	// 401 <nil>
	// 0 recorded
}

func ExampleSignedNotification_SendAndRead() {
	t := begin()
	defer t.end()

	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the disk is full", http.StatusInsufficientStorage)
	}))
	defer endpoint.Close()
	server := asctest.NewServer(t, asctest.WithWebhook(appWebhook(endpoint.URL)))
	delivery, err := server.SignedNotificationTo("ci", uploaded())
	if err != nil {
		fmt.Println(err)
		return
	}
	status, body, err := delivery.SendAndRead(context.Background())
	fmt.Printf("%d %q %v\n", status, body, err)
	// Output: 507 "the disk is full\n" <nil>
}

func ExampleHandler_Wait() {
	t := begin()
	defer t.end()

	url, stop := exampleReceiver("This is my secret")
	defer stop()
	server := asctest.NewServer(t, asctest.WithWebhook(appWebhook(url)))
	call(server.Client(), server.Key(), "POST", server.URL+"/v1/webhookPings", pingBody("ci"))
	server.Wait() // it is posted in the background
	fmt.Println(server.Deliveries("ci")[0].State)
	// Output:
	// handled webhookPingCreated
	// SUCCEEDED
}

func ExampleHandler_SetWebhook() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	id := server.SetWebhook(asctest.Webhook{AppID: "6478000001", Name: "CI", URL: "https://ci.example/hook"})
	fmt.Println(server.Apps(), server.Webhooks()[0].Name)
	server.RemoveWebhook(id)
	fmt.Println(call(server.Client(), server.Key(), "GET", server.URL+"/v1/webhooks/"+id, ""))
	// Output:
	// [6478000001] CI
	// 404
}

func ExampleHandler_AddPackageVersion() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t)
	id := server.AddPackageVersion(asctest.PackageVersion{
		PackageFile: asctest.PackageFile{Content: []byte("the package")}, Version: "7",
	})
	url := server.URL + "/v1/alternativeDistributionPackageVersions/"
	fmt.Println(call(server.Client(), server.Key(), "GET", url+id, ""))
	fmt.Println(call(server.Client(), server.Key(), "GET", url+"another", ""))
	// Output:
	// 200
	// 404
}

func ExampleWithOnChange() {
	changed := make(chan bool, 10)
	handler, err := asctest.New(asctest.WithOnChange(func() { changed <- true }))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	call(server.Client(), handler.Key(), "GET", server.URL+"/v1/marketplaceWebhooks", "")
	<-changed
	fmt.Println(handler.Exchanges()[0].Status)
	// Output: 200
}

func ExampleWithSkew() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.WithSkew(time.Hour)) // its clock is ahead, so every token has expired
	fmt.Println(call(server.Client(), server.Key(), "GET", server.URL+"/v1/marketplaceWebhooks", ""))
	fmt.Println(server.Exchanges()[0].Reason)
	// Output:
	// 401
	// token: expired
}

func ExampleWithSecondCreate() {
	t := begin()
	defer t.end()

	server := asctest.NewServer(t, asctest.WithSecondCreate(http.StatusUnprocessableEntity, "ENTITY_UNPROCESSABLE"))
	url := server.URL + "/v1/marketplaceWebhooks"
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody))
	fmt.Println(call(server.Client(), server.Key(), "POST", url, createBody))
	// Output:
	// 201
	// 422
}
