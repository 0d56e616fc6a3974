package asctest

// The four operations. Each is a function of the account's state, which it
// returns changed; nothing here remembers anything.

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Operation is the operationId of a call.
type Operation string

// The four operations of marketplaceWebhooks.
const (
	List   Operation = "marketplaceWebhooks_getCollection"
	Create Operation = "marketplaceWebhooks_createInstance"
	Update Operation = "marketplaceWebhooks_updateInstance"
	Delete Operation = "marketplaceWebhooks_deleteInstance"
)

const collectionPath = "/v1/" + resourceType

// Webhook is the account's marketplace webhook. The secret never appears in an answer.
type Webhook struct {
	ID, EndpointURL, Secret string
}

// account is the state: at most one webhook.
type account struct {
	webhook *Webhook
}

func (a account) secrets() []string {
	if a.webhook == nil {
		return nil
	}
	return []string{a.webhook.Secret}
}

// resource is a webhook as answers show it.
type resource struct {
	Type       string             `json:"type"`
	ID         string             `json:"id"`
	Attributes resourceAttributes `json:"attributes,omitzero"`
	Links      links              `json:"links"`
}

type resourceAttributes struct {
	EndpointURL string `json:"endpointUrl,omitempty"`
}

type links struct {
	Self string `json:"self"`
}

type page struct {
	Data  any   `json:"data"`
	Links links `json:"links"`
	Meta  *meta `json:"meta,omitempty"`
}

type meta struct {
	Paging paging `json:"paging"`
}

type paging struct {
	Total int `json:"total"`
	Limit int `json:"limit"`
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

// do carries out a call whose token, path and method are already accepted.
func (h *Handler) do(c *call, a account) (answer, account) {
	if errs := checkParameters(c); len(errs) > 0 {
		return blame(errs), a
	}
	if c.operation == List {
		return h.list(c, a), a
	}
	if c.operation != Create && (a.webhook == nil || a.webhook.ID != c.id) {
		return refuse(newError(http.StatusNotFound, "NOT_FOUND",
			"There is no resource of type '"+resourceType+"' with this id.")), a
	}
	if c.operation == Delete {
		return answer{status: http.StatusNoContent, header: http.Header{}}, account{}
	}
	wanted, errs := readChange(c)
	if len(errs) > 0 {
		return blame(errs), a
	}
	if c.operation == Create {
		return h.create(c, a, wanted)
	}
	return h.update(c, a, wanted)
}

func (h *Handler) list(c *call, a account) answer {
	limit := defaultLimit
	if given := c.query.Get("limit"); given != "" {
		limit, _ = strconv.Atoi(given)
	}
	found := []resource{}
	if a.webhook != nil {
		found = append(found, c.show(a.webhook))
	}
	return jsonAnswer(http.StatusOK, page{
		Data: found, Links: links{c.link(c.request.URL.RequestURI())},
		Meta: &meta{paging{Total: len(found), Limit: limit}},
	})
}

func (h *Handler) create(c *call, a account, wanted change) (answer, account) {
	if a.webhook != nil {
		return refuse(newError(h.secondCreate.status, h.secondCreate.code,
			"The account has a marketplace webhook already.")), a
	}
	created := &Webhook{ID: newUUID(), EndpointURL: *wanted.endpointURL, Secret: *wanted.secret}
	answer := h.one(c, http.StatusCreated, created)
	answer.header.Set("Location", c.show(created).Links.Self)
	return answer, account{webhook: created}
}

func (h *Handler) update(c *call, a account, wanted change) (answer, account) {
	if wanted.id != c.id {
		return refuse(newError(http.StatusConflict, "ENTITY_ERROR",
			"The id in the body is not the one in the path.").at("/data/id")), a
	}
	updated := *a.webhook
	if wanted.endpointURL != nil {
		updated.EndpointURL = *wanted.endpointURL
	}
	if wanted.secret != nil {
		updated.Secret = *wanted.secret
	}
	return h.one(c, http.StatusOK, &updated), account{webhook: &updated}
}

// one answers with one webhook, in the documented array form if that is wanted.
func (h *Handler) one(c *call, status int, w *Webhook) answer {
	shown := c.show(w)
	if h.arrayAnswers {
		return jsonAnswer(status, page{
			Data: []resource{shown}, Links: links{c.link(collectionPath)},
			Meta: &meta{paging{Total: 1, Limit: defaultLimit}},
		})
	}
	return jsonAnswer(status, page{Data: shown, Links: shown.Links})
}

func (c *call) show(w *Webhook) resource {
	self := c.link(collectionPath + "/" + url.PathEscape(w.ID))
	return resource{Type: resourceType, ID: w.ID, Attributes: resourceAttributes{w.EndpointURL}, Links: links{self}}
}

// link makes a link to the host that the client asked; one that makes no URL is left out.
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

// checkParameters checks the query, which only List may have.
func checkParameters(c *call) (errs []apiError) {
	query, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		return []apiError{parameterError("INVALID", "", "The query is not correctly escaped.")}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch values := query[name]; {
		case c.operation != List || name != "limit" && name != "fields["+resourceType+"]":
			errs = append(errs, parameterError("ILLEGAL", name, "The operation has no such parameter."))
		case len(values) > 1:
			errs = append(errs, parameterError("DUPLICATE", name, "The parameter was given more than once."))
		case name == "limit":
			if n, err := strconv.Atoi(values[0]); err != nil || !positive(values[0]) || n > maxLimit {
				errs = append(errs, parameterError("INVALID", name, "The limit must be a number from 1 to 200."))
			}
		default:
			for field := range strings.SplitSeq(values[0], ",") {
				if field != "endpointUrl" {
					errs = append(errs, parameterError("INVALID", name, "The only field is 'endpointUrl'."))
					break
				}
			}
		}
	}
	c.query = query
	return errs
}
