package asctest

// The operations: each works on a copy of the state, which replaces it once the response has been checked.

import "net/http"

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

// Download is no operation of the document: it is the GET of a package version's URL, which the fake serves itself.
const Download Operation = "download"

// operations has what carries each of them out, except those that read does.
var operations = map[Operation]func(*State, *call) response{
	MarketplaceWebhooksList:   listMarketplaceWebhooks,
	MarketplaceWebhooksCreate: createMarketplaceWebhook,
	MarketplaceWebhooksUpdate: updateMarketplaceWebhook,
	MarketplaceWebhooksDelete: deleteMarketplaceWebhook,
	WebhooksList:              listWebhooks,
	WebhooksGet:               getWebhook,
	WebhooksCreate:            createWebhook,
	WebhooksUpdate:            updateWebhook,
	WebhooksDelete:            deleteWebhook,
	WebhooksPing:              createPing,
	WebhooksDeliveries:        listDeliveries,
	WebhooksRedeliver:         redeliver,
	Download:                  serveFile,
}

// operation returns what carries an operation out, or nil.
func (h *Handler) operation(id Operation) func(*State, *call) response {
	if _, ok := h.contract.Read(string(id)); ok && operations[id] == nil {
		return read
	}
	return operations[id]
}

// operate carries the call out. It takes effect unless its response is an error, breaks the document, or is lost to a
// fault that doesn't apply it.
func (h *Handler) operate(c *call, operation func(*State, *call) response) response {
	r, err := h.transact(c, operation)
	if err != nil { // h.mu is free, so that who hears of it may ask the handler
		h.report(err)
		return refuse(newError(http.StatusInternalServerError, "", err.Error()))
	}
	return r
}

func (h *Handler) transact(c *call, operation func(*State, *call) response) (response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	after, reads := h.state, c.request.Method == http.MethodGet // which change nothing
	if !reads {
		after = h.state.clone()
	}
	r := operation(&after, c)
	if err := h.checkResponse(c, r, &h.state, &after); err != nil {
		return response{}, err
	}
	if !reads && r.status < http.StatusBadRequest && c.fault.applies() {
		h.replace(after)
		for _, d := range r.posts {
			h.postInBackground(d)
		}
	}
	return r, nil
}
