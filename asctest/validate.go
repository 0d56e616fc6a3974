package asctest

// The one validator of each value, wherever it comes in past the API, whose values the document judges.

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/ascmarketplace/webhooks/internal/contract"
)

func invalid(field, format string, args ...any) error {
	return &contract.FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// checkState returns an error for the first value that is not possible.
func (h *Handler) checkState(s *State) error {
	if len(s.Keys) == 0 {
		return errors.New("asctest: at least one key is needed")
	}
	for _, key := range s.Keys {
		if _, err := key.public(); err != nil {
			return err
		}
	}
	for i, app := range s.Apps {
		if !isID(app) || slices.Contains(s.Apps[:i], app) {
			return invalid(fmt.Sprintf("apps[%d]", i), "must be an id of letters, digits and -._~, and no duplicate")
		}
	}
	if err := s.Settings.check(); err != nil {
		return err
	}
	ids := map[string]bool{}
	if w := s.MarketplaceWebhook; w != nil {
		if err := checkWebhook("marketplace_webhook.", w.ID, "endpoint_url", w.EndpointURL, w.Secret, ids); err != nil {
			return err
		}
	}
	for i, w := range s.Webhooks {
		at := fmt.Sprintf("webhooks[%d].", i)
		if err := checkWebhook(at, w.ID, "url", w.URL, w.Secret, ids); err != nil {
			return err
		}
		if len(s.webhooksOf(w.AppID)) > maxWebhooks {
			return invalid(at+"app_id", "has more than %d webhooks, the most there may be", maxWebhooks)
		}
		if !slices.Contains(s.Apps, w.AppID) {
			return invalid(at+"app_id", "must be one of apps")
		}
		for _, eventType := range w.EventTypes {
			if known := h.contract.EventTypes(); !slices.Contains(known, eventType) {
				return invalid(at+"event_types", "each must be one of %s", strings.Join(known, ", "))
			}
		}
	}
	for _, f := range s.Faults {
		if err := f.check(h.contract); err != nil {
			return err
		}
	}
	err := checkPackageVersions(s.PackageVersions)
	if err == nil {
		s.entries, err = newEntries(h.contract, s)
	}
	return err
}

// checkPackageVersions refuses what the fake's own responses couldn't show, and two files with one id.
func checkPackageVersions(versions []PackageVersion) error {
	ids := map[string]bool{}
	checkID := func(at, id string) error {
		if strings.Trim(id, ".") == "" || len(id) > 256 || strings.ContainsFunc(id, unicode.IsControl) || ids[id] {
			return invalid(at+"id", "must be text without control characters, and no duplicate")
		}
		ids[id] = true
		return nil
	}
	for i, v := range versions {
		at := fmt.Sprintf("package_versions[%d].", i)
		switch {
		case !isID(v.PackageID):
			return invalid(at+"package_id", "must be of letters, digits and -._~")
		case v.State != "COMPLETED" && v.State != "REPLACED":
			return invalid(at+"state", "must be COMPLETED or REPLACED")
		case v.URLLifetime < 0:
			return invalid(at+"url_lifetime_ms", "must not be negative; 0 is an hour")
		}
		err := checkID(at, v.ID)
		for j, file := range v.Variants {
			err = cmp.Or(err, checkID(fmt.Sprintf("%svariants[%d].", at, j), file.ID))
		}
		for j, file := range v.Deltas {
			err = cmp.Or(err, checkID(fmt.Sprintf("%sdeltas[%d].", at, j), file.ID))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkWebhook checks what both kinds of webhooks have; ids are those of the ones before.
func checkWebhook(at, id, urlName, endpoint, secret string, ids map[string]bool) error {
	lower := strings.ToLower(id)
	switch {
	case !isID(id):
		return invalid(at+"id", "must be of letters, digits and -._~")
	case ids[lower]:
		return invalid(at+"id", "is a duplicate")
	case len(secret) >= contract.MinSecret && strings.Contains(id, secret):
		return invalid(at+"secret", "must not be part of the id, which responses show")
	case !web.MatchString(endpoint) || contract.AbsoluteURI(endpoint) != nil:
		return invalid(at+urlName, "must be an absolute http or https URL")
	}
	ids[lower] = true
	return nil
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,64}$`)

// isID tells what an ID in a path may look like.
func isID(text string) bool {
	return identifier.MatchString(text) && strings.Trim(text, ".") != ""
}

var web = regexp.MustCompile(`^(?i)https?:`)
