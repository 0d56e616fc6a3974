package asctest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

func ExampleHandler_WaitForExchanges() {
	fake, err := asctest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	go fake.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/marketplaceWebhooks", nil)) // your service
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	calls, err := fake.WaitForExchanges(ctx, 1, func(x asctest.Exchange) bool { return x.Operation == asctest.MarketplaceWebhooksList })
	fmt.Println(len(calls), calls[0].Status, err)
	// Output: 1 401 <nil>
}

func ExampleHandler_SignBytes() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest) // as it should
	}))
	defer service.Close()
	fake, err := asctest.New(asctest.MarketplaceWebhook{EndpointURL: service.URL, Secret: "a secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	halves, err := fake.SignBytes("", []byte(`{"data":{"type":"AppUn`))
	if err != nil {
		fmt.Println(err)
		return
	}
	delivery, err := halves[0].Send(context.Background())
	fmt.Println(delivery.StatusCode, err)
	// Output: 400 <nil>
}

func ExampleHandler_WaitForDeliveries() {
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer service.Close()
	fake, err := asctest.New(asctest.MarketplaceWebhook{EndpointURL: service.URL, Secret: "a secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() {
		signed, _ := fake.SignBytes("", []byte("{}"))
		_, _ = signed[0].Send(context.Background())
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	posted, err := fake.WaitForDeliveries(ctx, 1, func(d asctest.Delivery) bool { return d.StatusCode/100 == 2 })
	fmt.Println(len(posted), posted[0].State, err)
	// Output: 1 SUCCEEDED <nil>
}

func ExampleHandler_ExpireURLs() {
	fake, err := asctest.New(asctest.PackageVersion{PackageFile: asctest.PackageFile{ID: "v", Content: []byte("package")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fake.ExpireURLs() // the service reads the package version again to get others
	response := httptest.NewRecorder()
	fake.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/downloads/v?expires=9999999999&accessKey=known", nil))
	fmt.Println(response.Code)
	// Output: 403
}

func ExampleHandler_Arm() {
	fake, err := asctest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	fault, err := fake.Arm(asctest.Fault{Status: 503, Times: -1})
	fmt.Println(fault.ID, err)
	_, err = fake.Arm(asctest.Fault{Status: 99})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// asctest: status: must be from 200 to 599, or 0 for the usual one of the kind
}
