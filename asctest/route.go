package asctest

// What a call gets that is none of the operations.

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

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

// notOffered responds to a call that is none of the operations.
func (c *contract) notOffered(method, path string) response {
	template, item, _ := c.find(path)
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
		if all := c.offeredBy(resource); !slices.Contains(all, asked) {
			allowed = all
		}
	}
	return refuse(newError(http.StatusForbidden, "", "The resource '"+resource+"' does not allow '"+asked+
		"'. Allowed operations are: "+strings.Join(allowed, ", ")))
}

// offeredBy returns the words for all operations of a resource, in order.
func (c *contract) offeredBy(resource string) (words []string) {
	for template, item := range c.doc.Paths.Map() {
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

// acceptsJSON tells whether the Accept headers allow application/json.
func acceptsJSON(accept []string) bool {
	ranges := strings.Join(accept, ",")
	if strings.TrimSpace(ranges) == "" {
		return true
	}
	for part := range strings.SplitSeq(ranges, ",") {
		mediaType, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		refused := err == nil && q == 0
		switch mediaType {
		case "*/*", "application/*", "application/json":
			if !refused {
				return true
			}
		}
	}
	return false
}
