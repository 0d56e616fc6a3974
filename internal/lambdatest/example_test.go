package lambdatest

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"github.com/ascmarketplace/webhooks/notification"
)

// Example is a whole function behind an HTTP API of API Gateway.
func Example() {
	handle := func(context.Context, *notification.Notification) error { return nil } // yours
	store := notification.Deduplicator(nil)                                          // on a database that all instances share

	verifier, err := notification.NewVerifier([]byte(os.Getenv("ASC_WEBHOOK_SECRET")))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := notification.NewHandler(verifier, handle, notification.WithDeduplicator(store))
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(httpadapter.NewV2(handler).ProxyWithContext)
}
