package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ascmarketplace/webhooks/auth"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// findKey reports false where nothing else can run.
func (e *examination) findKey() bool {
	key, place, err := auth.LocateKey(e.Key)
	if err != nil {
		e.fail(checkKey, short(err), "Give --key-file, --key-id and, for a team key, --issuer-id, or set the variables that 'ascwebhooks token --help' names")
		return false
	}
	e.key = key
	e.ok(checkKey, "%s, %s, from %s", key.ID, kind(key), place)
	if err := e.connect(); err != nil {
		e.fail(checkNetwork, short(err), "Correct --base-url or ASC_BASE_URL")
		return false
	}
	return true
}

func (e *examination) judgeToken(ctx context.Context) {
	ahead, _ := e.clock.skew()
	switch {
	case e.accepted():
		e.ok(checkToken, "accepted")
	case !errors.Is(e.oldErr, wrapper.ErrNotAuthorized):
		e.fail(checkToken, "App Store Connect did not say: "+short(e.oldErr), "Try again later; if it stays so, look for a proxy that responds in its place")
	case ahead.Abs() > time.Minute:
		e.skip(checkToken, "refused, which a wrong clock explains")
	case e.isIndividual(ctx):
		e.fail(checkToken, "key "+e.key.ID+" is an individual key, and an issuer ID is given",
			"Leave the issuer ID out, or set ASC_KEY_TYPE=individual where a team key's issuer ID is in the environment")
	default:
		e.fail(checkToken, fmt.Sprintf("refused: the private key is not that of key ID %s, or it is not %s, or the key was revoked", e.key.ID, kind(e.key)),
			"Compare all three with Users and Access, Integrations, in App Store Connect; they look alike from here")
	}
}

// isIndividual tries the key once without its issuer ID.
func (e *examination) isIndividual(ctx context.Context) bool {
	if e.key.IssuerID == "" {
		return false
	}
	key := e.key
	key.IssuerID = ""
	client, err := e.clientOf(key)
	if err != nil {
		return false
	}
	_, err = client.MarketplaceWebhooks.List(ctx)
	return !errors.Is(err, wrapper.ErrNotAuthorized)
}

func (e *examination) judgeRateLimit() {
	if refused, ok := errors.AsType[*wrapper.APIError](e.refused(wrapper.ErrRateLimited)); ok {
		wait := "an hour at most: App Store Connect counts each key's requests over a rolling hour"
		if !refused.RetryAt.IsZero() {
			wait = fmt.Sprintf("%v", max(time.Until(refused.RetryAt).Round(time.Minute), time.Minute))
		}
		e.fail(checkRateLimit, "used up", "Wait "+wait+", and give each program a key of its own")
		return
	}
	limit, known := e.client.RateLimit()
	hour := limit.Hour
	switch {
	case !known || !hour.RemainingKnown:
		e.skip(checkRateLimit, "no response reported it")
	case hour.LimitKnown && hour.Remaining < hour.Limit/10:
		e.warn(checkRateLimit, fmt.Sprintf("%d of %d requests are left in this hour", hour.Remaining, hour.Limit), "Find out which program uses the key so often")
	default:
		e.ok(checkRateLimit, "%d of %d requests are left in this hour", hour.Remaining, hour.Limit)
	}
}

const missingAgreement = "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED"

func (e *examination) judgeAgreements() {
	refused, _ := errors.AsType[*wrapper.APIError](e.refused(wrapper.ErrForbidden))
	switch {
	case refused != nil && refused.HasCode(missingAgreement):
		e.fail(checkAgreements, "one is missing or has expired", "The Account Holder has to accept it in App Store Connect, under Business")
	case e.blocked() != "":
		e.skip(checkAgreements, "%s", e.blocked())
	default:
		e.ok(checkAgreements, "none that a response complained about")
	}
}

func (e *examination) judgeRole() {
	err := e.listErr
	if e.AppID == "" {
		err = e.oldErr
	}
	refused, isRefused := errors.AsType[*wrapper.APIError](err)
	switch {
	case isRefused && refused.HasCode(missingAgreement):
		e.skip(checkRole, "the missing agreement hides it")
	case errors.Is(err, wrapper.ErrForbidden):
		e.fail(checkRole, "it does not allow reading webhooks: "+short(err), "Use a key with the role "+roles+"; App Store Connect shows roles under Users and Access")
	case err != nil && !errors.Is(err, wrapper.ErrNotFound):
		e.skip(checkRole, "%s", cmp.Or(e.blocked(), "no response tells"))
	default:
		e.ok(checkRole, "it allows reading webhooks; whether it allows changing them only a change can tell")
	}
}

// blocked says why nothing is known about the account.
func (e *examination) blocked() string {
	switch {
	case e.refused(wrapper.ErrNotAuthorized) != nil:
		return "the token was refused"
	case e.refused(wrapper.ErrRateLimited) != nil:
		return "no requests are left"
	case !e.accepted():
		return "App Store Connect did not respond as it should"
	}
	return ""
}

func (e *examination) judgeApp() {
	switch {
	case e.AppID == "":
		e.skip(checkApp, "no app was given: give --app")
	case errors.Is(e.listErr, wrapper.ErrNotFound):
		e.fail(checkApp, "App Store Connect knows no app "+e.AppID,
			"Give as --app what App Store Connect shows as Apple ID under App Information, and a key that may see the app")
	case errors.Is(e.listErr, wrapper.ErrInvalid):
		e.fail(checkApp, short(e.listErr), "Give as --app what App Store Connect shows as Apple ID")
	case e.blocked() != "":
		e.skip(checkApp, "%s", e.blocked())
	case errors.Is(e.listErr, wrapper.ErrForbidden):
		e.skip(checkApp, "the key may not read it")
	case e.listErr != nil:
		e.fail(checkApp, "its webhooks can't be listed: "+short(e.listErr), "Try again later")
	default:
		e.ok(checkApp, "%s is there, by the list of its webhooks", e.AppID)
	}
}

func (e *examination) judgeWebhooks() {
	byURL, enabled := map[string]int{}, 0
	twice := ""
	for _, webhook := range e.webhooks {
		if byURL[webhook.URL]++; byURL[webhook.URL] == 2 {
			twice = withoutQuery(webhook.URL)
		}
		if webhook.Enabled {
			enabled++
		}
	}
	const register = "Register one with 'ascwebhooks webhooks ensure'"
	switch {
	case e.AppID == "":
		e.skip(checkWebhooks, "no app was given")
	case e.listErr != nil:
		e.skip(checkWebhooks, "they can't be listed")
	case len(e.webhooks) == 0 && len(e.old) > 0:
		e.warn(checkWebhooks, "the app has none, only the account's marketplace webhook", register)
	case len(e.webhooks) == 0:
		e.fail(checkWebhooks, "the app has none", register)
	case twice != "":
		e.warn(checkWebhooks, fmt.Sprintf("%d of at most ten; several post to %s, so events arrive there more than once", len(e.webhooks), twice),
			"Delete all but one with 'ascwebhooks webhooks delete'")
	default:
		e.ok(checkWebhooks, "%d of at most ten", len(e.webhooks))
	}
	for _, webhook := range e.webhooks {
		e.judgeWebhook(webhook, enabled)
	}
}

func (e *examination) judgeWebhook(webhook wrapper.Webhook, enabled int) {
	var events []string
	for _, event := range webhook.EventTypes {
		events = append(events, string(event))
	}
	f := Finding{Check: checkWebhook, About: webhook.ID, Status: OK,
		Found: fmt.Sprintf("%s posts %s to %s", webhook.Name, strings.Join(events, ", "), withoutQuery(webhook.URL))}
	if !webhook.Enabled {
		f.Status, f.Found = Warning, webhook.Name+" is disabled: nothing is posted to "+withoutQuery(webhook.URL)
		f.Advice = "If that is not meant so: 'ascwebhooks webhooks update " + webhook.ID + " --disabled=false'"
		if enabled == 0 {
			f.Status = Failure
		}
	}
	e.report(f)
}

func (e *examination) judgeOld() {
	switch {
	case e.oldErr != nil && e.blocked() != "":
		e.skip(checkOld, "%s", e.blocked())
	case e.oldErr != nil:
		e.skip(checkOld, "the key may not read it: %s", short(e.oldErr))
	case len(e.old) == 0:
		e.ok(checkOld, "the deprecated marketplace webhook is not registered")
	default:
		e.warn(checkOld, "the deprecated marketplace webhook is still registered, for "+withoutQuery(e.old[0].EndpointURL),
			"Move with 'ascwebhooks migrate', whose --finish deletes it")
	}
}
