package asctest

// What a fault makes of the right response.

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
)

// corrupt returns what is sent instead of the right response. Without a fault that is the right one.
func (f *Fault) corrupt(c *call, right response) response {
	if f == nil {
		return right
	}
	r := f.usual(c, right)
	if f.Status != 0 {
		r.status = f.Status
	}
	if f.Body != "" {
		r.body = []byte(f.Body)
	}
	if f.sendsAs(r) == FaultResetBeforeHeaders {
		r = response{}
	}
	r.reason = "fault: " + cmp.Or(string(f.sendsAs(r)), "error")
	return r
}

// sendsAs is the kind of fault, if it needs a body and there is none, the one that comes closest.
func (f *Fault) sendsAs(r response) FaultKind {
	if len(r.body) > 0 {
		return f.Kind
	}
	switch f.Kind {
	case FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited:
		return FaultResetBeforeHeaders
	case FaultLateBody:
		return FaultLate
	}
	return f.Kind
}

// usual is the response of the fault's kind.
func (f *Fault) usual(c *call, right response) response {
	a := response{status: success(c.request.Method), header: right.header.Clone()}
	a.header.Set("Content-Type", "application/json")
	switch f.Kind {
	case FaultLate, FaultLateBody, FaultResetMidBody, FaultTruncatedBody, FaultCloseDelimited:
		return right
	case FaultHTMLPage, FaultPlainText:
		a.status = http.StatusBadGateway
		a.header.Set("Content-Type", "text/plain")
		a.body = []byte("upstream connect error\n")
		if f.Kind == FaultHTMLPage {
			a.header.Set("Content-Type", "text/html")
			a.body = []byte("<!DOCTYPE html><title>Bad gateway</title>" + strings.Repeat("<p>Try again later.</p>\n", 100))
		}
	case FaultWrongContentType:
		a.body = right.body
		if len(a.body) == 0 {
			a.body = []byte("{}")
		}
		a.header.Set("Content-Type", "text/html")
	case FaultInvalidJSON:
		a.body = []byte(`{"data":`)
	case FaultNullData:
		a.body = []byte("null")
	case FaultWrongType:
		a.body = c.oddResource(resource{Type: "apps", ID: newUUID()})
	case FaultNoID:
		a.body = c.withoutID(right)
	case FaultRedirect:
		a.status = http.StatusTemporaryRedirect
		a.header.Set("Location", "/v1/elsewhere")
	case errorResponse:
		status := f.Status
		if status == 0 {
			status = http.StatusInternalServerError
		}
		e := refuse(newError(status, f.Code, "This fault was asked for."))
		a.status, a.body = e.status, e.body
	}
	return a
}

func (c *call) oddResource(data resource) []byte {
	body := responseBody{Data: data, Links: links{Self: c.request.URL.EscapedPath()}}
	if c.operation == MarketplaceWebhooksList || strings.HasSuffix(string(c.operation), "_getToManyRelated") {
		body.Data = []resource{data}
	}
	return jsonResponse(http.StatusOK, body).body
}

// withoutID is the right response, its resources without their ids.
func (c *call) withoutID(right response) []byte {
	var list struct{ Data []resource }
	if json.Unmarshal(right.body, &list) == nil && len(list.Data) > 0 {
		list.Data[0].ID = ""
		return c.oddResource(list.Data[0])
	}
	var one struct{ Data resource }
	_ = json.Unmarshal(right.body, &one)
	one.Data.ID = ""
	return c.oddResource(one.Data)
}

// success is the status of a good response with a body.
func success(method string) int {
	if method == http.MethodPost {
		return http.StatusCreated
	}
	return http.StatusOK
}
