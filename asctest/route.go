package asctest

// Which operation a call is of, and what one gets that matches none.

import (
	"net/http"
	pathpkg "path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

// route finds out which operation the call is of. One that matches none goes on: what it gets depends on its token.
func (h *Handler) route(c *call) *response {
	c.operation, c.id = operationOf(h.contract, c.request)
	if h.operation(c.operation) == nil { // what the fake can't do
		c.operation = ""
	}
	return nil
}

// operationOf returns the operation of a request, and the ID in its path; empty if it matches none.
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
	if item == nil { // the other path of a collection may be there
		template, item = h.sibling(path)
	}
	if item == nil {
		return refuse(newError(http.StatusNotFound, "PATH_ERROR", "There is nothing at this path."))
	}
	i := slices.IndexFunc(offers, func(o offer) bool { return o.method == method })
	if i < 0 {
		r := refuse(newError(http.StatusMethodNotAllowed, "", "This method is not offered by any resource."))
		r.header.Set("Allow", "GET, POST, PATCH, DELETE")
		return r
	}
	asked, allowed, all := offers[i].word(template), offered(template, item), []string{}
	collection := strings.TrimSuffix(template, "/{id}")
	for template, item := range h.contract.Paths() {
		if strings.TrimSuffix(template, "/{id}") == collection {
			all = append(all, offered(template, item)...)
		}
	}
	// What is offered at the other path too is not named: it is not allowed here.
	if !slices.Contains(all, asked) {
		allowed = all
	}
	slices.Sort(allowed)
	return refuse(newError(http.StatusForbidden, "", "The resource '"+pathpkg.Base(collection)+
		"' does not allow '"+asked+"'. Allowed operations are: "+strings.Join(allowed, ", ")))
}

// sibling returns what the document would have at a path if its collection, or what is in it, is there without it.
func (h *Handler) sibling(path string) (template string, item *openapi3.PathItem) {
	segments := strings.Split(path, "/")
	if template = strings.Join(segments[:min(len(segments), 3)], "/"); len(segments) == 4 && segments[3] != "" {
		template += "/{id}"
	} else if len(segments) != 3 {
		return "", nil
	}
	collection := strings.TrimSuffix(template, "/{id}")
	paths := h.contract.Paths()
	if paths[template] == nil && (paths[collection] != nil || paths[collection+"/{id}"] != nil) {
		return template, &openapi3.PathItem{}
	}
	return "", nil
}

// offered returns the words for the operations of one path.
func offered(template string, item *openapi3.PathItem) (words []string) {
	for _, offer := range offers {
		if item.GetOperation(offer.method) != nil {
			words = append(words, offer.word(template))
		}
	}
	return words
}
