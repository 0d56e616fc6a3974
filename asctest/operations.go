package asctest

// The operations, and what their responses are made of.

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Operation is the operationId of a call.
type Operation string

// The operations of marketplaceWebhooks.
const (
	MarketplaceWebhooksList   Operation = "marketplaceWebhooks_getCollection"
	MarketplaceWebhooksCreate Operation = "marketplaceWebhooks_createInstance"
	MarketplaceWebhooksUpdate Operation = "marketplaceWebhooks_updateInstance"
	MarketplaceWebhooksDelete Operation = "marketplaceWebhooks_deleteInstance"
)

// The operations of webhooks and what belongs to them.
const (
	WebhooksList       Operation = "apps_webhooks_getToManyRelated"
	WebhooksGet        Operation = "webhooks_getInstance"
	WebhooksCreate     Operation = "webhooks_createInstance"
	WebhooksUpdate     Operation = "webhooks_updateInstance"
	WebhooksDelete     Operation = "webhooks_deleteInstance"
	WebhooksPing       Operation = "webhookPings_createInstance"
	WebhooksDeliveries Operation = "webhooks_deliveries_getToManyRelated"
	WebhooksRedeliver  Operation = "webhookDeliveries_createInstance"
	PackageVersionsGet Operation = "alternativeDistributionPackageVersions_getInstance"
)

// Download is no operation of the document: it is the GET of a package
// version's URL, which the fake serves itself.
const Download Operation = "download"

// Operations returns all of them.
func Operations() []Operation {
	return []Operation{
		MarketplaceWebhooksList, MarketplaceWebhooksCreate, MarketplaceWebhooksUpdate, MarketplaceWebhooksDelete, WebhooksList, WebhooksGet, WebhooksCreate, WebhooksUpdate, WebhooksDelete,
		WebhooksPing, WebhooksDeliveries, WebhooksRedeliver, PackageVersionsGet, Download,
	}
}

// operation tells which one a call is of; empty: none.
func (c *contract) operation(r *http.Request) (Operation, string) {
	if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, downloadPath) {
		return Download, strings.TrimPrefix(r.URL.Path, downloadPath)
	}
	route, params := c.route(r.Method, r.URL.EscapedPath())
	if route == nil {
		return "", ""
	}
	return Operation(route.Operation.OperationID), params["id"]
}

// perform carries out a call that the document allows, on s.
func (h *Handler) perform(c *call, s *state) response {
	switch c.operation {
	case MarketplaceWebhooksList:
		return h.listMarketplaceWebhooks(c, s)
	case MarketplaceWebhooksCreate:
		return h.createMarketplaceWebhook(c, s)
	case MarketplaceWebhooksUpdate:
		return h.updateMarketplaceWebhook(c, s)
	case MarketplaceWebhooksDelete:
		return h.deleteMarketplaceWebhook(c, s)
	case WebhooksList:
		return h.listWebhooks(c, s)
	case WebhooksGet:
		return h.getWebhook(c, s)
	case WebhooksCreate:
		return h.createWebhook(c, s)
	case WebhooksUpdate:
		return h.updateWebhook(c, s)
	case WebhooksDelete:
		return h.deleteWebhook(c, s)
	case WebhooksPing:
		return h.createPing(c, s)
	case WebhooksDeliveries:
		return h.listDeliveries(c, s)
	case WebhooksRedeliver:
		return h.createDelivery(c, s)
	case PackageVersionsGet:
		return h.getPackageVersion(c, s)
	}
	return refuse(newError(http.StatusInternalServerError, "", "The fake does not offer this operation."))
}

// object is a JSON object.
type object = map[string]any

// resource is how responses show one.
type resource struct {
	Type          string `json:"type"`
	ID            string `json:"id,omitempty"`
	Attributes    object `json:"attributes,omitempty"`
	Relationships object `json:"relationships,omitempty"`
	Links         links  `json:"links,omitzero"`
}

// responseBody is the body of a response.
type responseBody struct {
	Data     any        `json:"data"` // a resource, or a list of them
	Included []resource `json:"included,omitempty"`
	Links    links      `json:"links"`
	Meta     *meta      `json:"meta,omitempty"`
}

type links struct {
	Self string `json:"self"`
	Next string `json:"next,omitempty"`
}

type meta struct {
	Paging paging `json:"paging"`
}

type paging struct {
	Total int `json:"total"`
	Limit int `json:"limit"`
}

// resource returns one whose path follows from its type.
func (c *call) resource(kind, id string, attributes object) resource {
	self := c.link("/v1/" + kind + "/" + url.PathEscape(id))
	return resource{Type: kind, ID: id, Attributes: c.wanted(kind, attributes), Links: links{Self: self}}
}

// relate adds a relationship, unless the call wants others only.
func (c *call) relate(r *resource, name string, value any) {
	if len(c.wanted(r.Type, object{name: value})) == 0 {
		return
	}
	if r.Relationships == nil {
		r.Relationships = object{}
	}
	r.Relationships[name] = value
}

// wanted keeps the members that the parameter fields[kind] names, if it is given.
func (c *call) wanted(kind string, members object) object {
	fields := c.list("fields[" + kind + "]")
	if fields == nil {
		return members
	}
	kept := object{}
	for name, value := range members {
		if slices.Contains(fields, name) {
			kept[name] = value
		}
	}
	return kept
}

// list is the values of a parameter; nil if it is not given.
func (c *call) list(name string) []string {
	if !c.query.Has(name) {
		return nil
	}
	return strings.Split(c.query.Get(name), ",")
}

// one responds with one resource.
func (c *call) one(status int, shown resource, included ...resource) response {
	r := jsonResponse(status, responseBody{Data: shown, Included: included, Links: links{Self: shown.Links.Self}})
	if status == http.StatusCreated {
		r.header.Set("Location", shown.Links.Self)
	}
	return r
}

const defaultLimit = 50

// appleHost is where links to other pages have been seen to point, whatever
// host was called. A client must not send its token there.
const appleHost = "https://api-appstoreconnect.itunes.apple.com"

// page responds with the page that the call wants; included returns what
// belongs to the resources on it.
func (c *call) page(all []resource, included func([]resource) []resource) response {
	limit := defaultLimit
	if given := c.query.Get("limit"); given != "" {
		limit, _ = strconv.Atoi(given)
	}
	from, err := strconv.Atoi(c.query.Get("cursor"))
	if c.query.Has("cursor") && (err != nil || from < 0 || from > len(all)) {
		return invalidParameter("cursor", "The cursor is not one of the service's.")
	}
	end := min(from+limit, len(all))
	body := responseBody{
		Data: append([]resource{}, all[from:end]...), Links: links{Self: c.link(c.request.URL.RequestURI())},
		Meta: &meta{paging{Total: len(all), Limit: limit}},
	}
	if end < len(all) {
		query := c.request.URL.Query()
		query.Set("cursor", strconv.Itoa(end))
		body.Links.Next = appleHost + c.request.URL.EscapedPath() + "?" + query.Encode()
	}
	if included != nil {
		body.Included = included(all[from:end])
	}
	return jsonResponse(http.StatusOK, body)
}

// link makes a link to the host that the client called; one that makes no URL
// is left without it.
func (c *call) link(target string) string {
	scheme := "http://"
	if c.request.TLS != nil {
		scheme = "https://"
	}
	if _, err := url.Parse(scheme + c.request.Host + target); err != nil || c.request.Host == "" {
		return target
	}
	return scheme + c.request.Host + target
}
