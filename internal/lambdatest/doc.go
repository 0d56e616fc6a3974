// Package lambdatest shows that the receiver of package notification works
// behind adapters and middleware of others: API Gateway and AWS Lambda, chi,
// and http.TimeoutHandler. It is a module of its own, so that importers of the
// library get none of them.
package lambdatest
