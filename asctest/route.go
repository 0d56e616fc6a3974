package asctest

// Which operation a call is of, and what one gets that matches none.

import (
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// route finds out which operation the call is of. One that matches none goes on: what it gets depends on its token.
func (h *Handler) route(c *call) *response {
	c.operation, c.id = operationOf(h.contract, c.request)
	return nil
}

// operationOf returns the operation of a request, and the id in its path; empty if it matches none.
func operationOf(document *contract.Contract, r *http.Request) (Operation, string) {
	if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, downloadPath) {
		return Download, strings.TrimPrefix(r.URL.Path, downloadPath)
	}
	id, params := document.Operation(r.Method, r.URL.EscapedPath())
	return Operation(id), params["id"]
}

// offers are the words for operations, seen live in the detail of a refusal.
var offers = []offer{
	{http.MethodGet, "GET_COLLECTION", "GET_INSTANCE"},
	{http.MethodPost, "CREATE", "CREATE"},
	{http.MethodPatch, "UPDATE", "UPDATE"},
	{http.MethodDelete, "DELETE", "DELETE"},
}

type offer struct{ method, collection, instance string }

func (o offer) word(template string) string {
	if strings.HasSuffix(template, "}") {
		return o.instance
	}
	return o.collection
}

// notOffered responds to a call that matches no operation.
func (h *Handler) notOffered(method, path string) response {
	template, item, _ := h.contract.Find(path)
	if item == nil {
		return refuse(newError(http.StatusNotFound, "PATH_ERROR", "There is nothing at this path."))
	}
	asked := ""
	for _, offer := range offers {
		if offer.method == method {
			asked = offer.word(template)
		}
	}
	if asked == "" {
		r := refuse(newError(http.StatusMethodNotAllowed, "", "This method is not offered by any resource."))
		r.header.Set("Allow", "GET, POST, PATCH, DELETE")
		return r
	}
	segments := strings.Split(template, "/")
	resource := segments[len(segments)-1] // of a relationship, such as /v1/apps/{id}/webhooks
	allowed := offered(template, item)
	if len(segments) <= 4 {
		resource = segments[2]
		// What is offered at the other path too is not named: it is not allowed here.
		if all := h.offeredBy(resource); !slices.Contains(all, asked) {
			allowed = all
		}
	}
	return refuse(newError(http.StatusForbidden, "", "The resource '"+resource+"' does not allow '"+asked+
		"'. Allowed operations are: "+strings.Join(allowed, ", ")))
}

// offeredBy returns the words for all operations of a resource, in order.
func (h *Handler) offeredBy(resource string) (words []string) {
	for template, item := range h.contract.Paths() {
		if segments := strings.Split(template, "/"); len(segments) <= 4 && segments[2] == resource {
			words = append(words, offered(template, item)...)
		}
	}
	slices.Sort(words)
	return words
}

// offered returns the words for the operations of one path, in order.
func offered(template string, item *openapi3.PathItem) (words []string) {
	for _, offer := range offers {
		if item.GetOperation(offer.method) != nil {
			words = append(words, offer.word(template))
		}
	}
	slices.Sort(words)
	return words
}
