package asctest

// What a fault makes of the right response.

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// corrupt returns what is sent instead of the right response. Without a fault that is the right one.
func (f *Fault) corrupt(c *call, right response) response {
	if f == nil {
		return right
	}
	r := f.usual(c, right)
	r.status = cmp.Or(f.Status, r.status)
	if f.Body != "" {
		r.body = []byte(f.Body)
	}
	if len(r.body) == 0 {
		switch f.Kind {
		case FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited:
			f.Kind = FaultResetBeforeHeaders
		case FaultLateBody:
			f.Kind = FaultLate
		}
	}
	if f.Kind == FaultResetBeforeHeaders {
		r = response{}
	}
	r.reason = "fault: " + f.Kind.name()
	return r
}

// usual is the response of the fault's kind.
func (f *Fault) usual(c *call, right response) response {
	status, mediaType, body := http.StatusOK, "application/json", ""
	if c.request.Method == http.MethodPost {
		status = http.StatusCreated
	}
	header := right.header.Clone()
	switch f.Kind {
	case FaultLate, FaultLateBody, FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited:
		return right
	case errorResponse:
		status = cmp.Or(f.Status, http.StatusInternalServerError)
		body = string(refuse(newError(status, f.Code, "This fault was asked for.")).body)
	case FaultAssociatedErrors, FaultSeeLink:
		status = cmp.Or(f.Status, http.StatusConflict)
		body = string(refuse(f.detailed(c, status)).body)
	case FaultHTMLPage:
		status, mediaType = http.StatusBadGateway, "text/html"
		body = "<!DOCTYPE html><title>Bad gateway</title>" + strings.Repeat("<p>Try again later.</p>\n", 100)
	case FaultPlainText:
		status, mediaType, body = http.StatusBadGateway, "text/plain", "upstream connect error\n"
	case FaultWrongContentType:
		mediaType, body = "text/html", cmp.Or(string(right.body), "{}")
	case FaultInvalidJSON:
		body = `{"data":`
	case FaultNullData:
		body = "null"
	case FaultWrongType:
		body = c.showing(resource{Type: c.wrongType(), ID: newUUID()})
	case FaultNoID:
		body = c.showing(c.firstResource(right))
	case FaultEndlessBody:
		body = `{"data":[`
	case FaultGzipBomb:
		header.Set("Content-Encoding", "gzip")
		body = gzipBomb()
	case FaultRedirect:
		status = http.StatusTemporaryRedirect
		header.Set("Location", "/v1/elsewhere")
	}
	header.Set("Content-Type", mediaType)
	return response{status: status, header: header, body: []byte(body)}
}

// detailed is an error with what Apple adds to some. The code of one with associated errors is theirs to give.
func (f *Fault) detailed(c *call, status int) apiError {
	e := newError(status, f.Code, "This fault was asked for.")
	if f.Kind == FaultSeeLink {
		e.Links = errorLinks{About: "https://developer.apple.com/help/app-store-connect/", See: c.request.URL.EscapedPath()}
		return e
	}
	e.Code, e.Meta.AssociatedErrors = "STATE_ERROR", map[string][]apiError{
		c.request.URL.EscapedPath(): {newError(http.StatusConflict, f.Code, "This fault was asked for.")},
	}
	return e
}

// wrongType is one that the operation doesn't show.
func (c *call) wrongType() string {
	if read, _ := c.contract.Read(string(c.operation)); read.Shows == apps {
		return packages
	}
	return apps
}

// showing is a body with one resource, in the form that the operation's has.
func (c *call) showing(data resource) string {
	body := responseBody{Data: data, Links: links{Self: c.request.URL.EscapedPath()}}
	if read, _ := c.contract.Read(string(c.operation)); read.Many {
		body.Data = []resource{data}
	}
	return string(jsonResponse(http.StatusOK, body).body)
}

// firstResource is the first one that the response shows, without its ID; of an empty list, one of its type.
func (c *call) firstResource(r response) resource {
	var list struct{ Data []resource }
	if json.Unmarshal(r.body, &list) != nil || len(list.Data) == 0 {
		var one struct{ Data resource }
		_ = json.Unmarshal(r.body, &one)
		list.Data = []resource{one.Data}
	}
	if list.Data[0].Type == "" {
		read, _ := c.contract.Read(string(c.operation))
		list.Data[0].Type = read.Shows
	}
	list.Data[0].ID = ""
	return list.Data[0]
}

// gzipBomb is 256 MiB of spaces in 300 KB.
var gzipBomb = sync.OnceValue(func() string {
	var mebibyte bytes.Buffer
	gz := gzip.NewWriter(&mebibyte)
	_, _ = gz.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = gz.Close()
	return strings.Repeat(mebibyte.String(), 256) // a reader takes several members in a row as one
})
