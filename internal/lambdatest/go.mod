module github.com/ascmarketplace/webhooks/internal/lambdatest

go 1.26.0

require (
	github.com/ascmarketplace/webhooks v0.0.0
	github.com/aws/aws-lambda-go v1.41.0
	github.com/awslabs/aws-lambda-go-api-proxy v0.16.2
	github.com/go-chi/chi/v5 v5.5.0
)

replace github.com/ascmarketplace/webhooks => ../..
