package asctest

// Which call is which operation, and what the rest gets.

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// route finds the operation of a call by its still escaped path. It does not
// read the document, so that the contract can check it.
func route(method, path string) (Operation, string) {
	id, instance := instanceID(path)
	switch {
	case method == http.MethodGet && path == collectionPath:
		return List, ""
	case method == http.MethodPost && path == collectionPath:
		return Create, ""
	case method == http.MethodPatch && instance:
		return Update, id
	case method == http.MethodDelete && instance:
		return Delete, id
	}
	return "", ""
}

func instanceID(path string) (string, bool) {
	escaped, ok := strings.CutPrefix(path, collectionPath+"/")
	id, err := url.PathUnescape(escaped)
	ok = ok && err == nil && id != "" && id != "." && id != ".." && !strings.Contains(escaped, "/")
	return id, ok
}

// notOffered answers a call that is none of the operations.
func notOffered(method, path string) answer {
	_, instance := instanceID(path)
	if path != collectionPath && !instance {
		return refuse(newError(http.StatusNotFound, "PATH_ERROR", "There is nothing at this path."))
	}
	asked := ""
	switch method {
	case http.MethodGet:
		asked = "GET_INSTANCE"
	case http.MethodPost:
		asked = "CREATE"
	case http.MethodPatch:
		asked = "UPDATE"
	case http.MethodDelete:
		asked = "DELETE"
	default:
		a := refuse(newError(http.StatusMethodNotAllowed, "", "This method is not offered by any resource."))
		a.header.Set("Allow", "GET, POST, PATCH, DELETE")
		return a
	}
	// The form of this detail was seen live.
	return refuse(newError(http.StatusForbidden, "FORBIDDEN_ERROR", "The resource '"+resourceType+"' does not allow '"+
		asked+"'. Allowed operations are: GET_COLLECTION, CREATE, UPDATE, DELETE"))
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
