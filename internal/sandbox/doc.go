// Package sandbox is App Store Connect in memory with a control API and a page
// beside it, for services in any language. Package asctest does what Go tests
// need; here the same is done by HTTP and JSON: seeing what a service called
// and was sent, sending it notifications, and making its calls fail.
//
// Sandbox.Fake is what the service talks to; Sandbox itself is the http.Handler
// of the control API and of the page, on a listener of its own. Its OpenAPI
// document is openapi/sandbox.yaml. What everything it shows goes through:
//
//	asctest.Handler: State, Exchanges, Deliveries, Since --> redactor --> JSON, and the stream of GET /events
//
// The page is of static files; it uses nothing but the control API.
//
// It is for one developer on one machine: unless AllowHosts names others, only
// loopback is served and a Host that is not loopback is refused. So is what pages
// of other origins send. No response holds a secret, a token, or the access key of a download URL:
// redactor takes them out of everything that is shown.
package sandbox
