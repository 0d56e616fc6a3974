package browsertest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/ascmarketplace/webhooks/asctest"
)

// TestWebhooksOnThePage are pinged, edited and deleted.
func TestWebhooksOnThePage(t *testing.T) {
	s := begin(t)
	chromedp.ListenTarget(s.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			go func() { _ = chromedp.Run(s.ctx, page.HandleJavaScriptDialog(true)) }()
		}
	})
	err := s.box.Fake.Update(func(state *asctest.State) {
		state.Webhooks = []asctest.Webhook{{
			ID: "the-id", AppID: "6478000000", Name: "CI", URL: s.service.URL, Secret: s.secret, Enabled: true,
			EventTypes: []string{"BUILD_UPLOAD_STATE_UPDATED"},
		}}
		state.MarketplaceWebhook = &asctest.MarketplaceWebhook{ID: "old", EndpointURL: s.service.URL, Secret: s.secret}
	})
	if err != nil {
		t.Fatal(err)
	}
	const card = ".webhook:last-child "
	button := func(words string) chromedp.Action {
		return chromedp.Click(`//div[@class="webhook"][last()]//button[text()="`+words+`"]`, chromedp.BySearch)
	}
	s.run(chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.page))
	s.sees(card, "CI", s.service.URL, "app 6478000000", "id the-id", "1 event types")
	s.run(chromedp.Click(card+"summary", chromedp.ByQuery))
	s.sees(card, "BUILD_UPLOAD_STATE_UPDATED")
	s.run(button("Ping"))
	s.sees(latest+" .row", "webhookPingCreated", "to CI", "200")

	s.run(button("Edit"))
	s.accessible("while a webhook is edited")
	s.run(chromedp.SetValue(card+"[name=title]", "Builds", chromedp.ByQuery),
		chromedp.Click(card+"[value=APP_STORE_VERSION_APP_VERSION_STATE_UPDATED]", chromedp.ByQuery),
		chromedp.SetValue(card+"[name=url]", "nowhere", chromedp.ByQuery), button("Save"))
	s.sees(card+".result", "url: must be an absolute http or https URL")
	s.run(chromedp.SetValue(card+"[name=url]", s.service.URL+"/new", chromedp.ByQuery), button("Save"))
	s.sees(card, "Builds", s.service.URL+"/new", "2 event types")
	if w := s.box.Fake.State().Webhooks[0]; w.Secret != s.secret || len(w.EventTypes) != 2 || w.ID != "the-id" {
		t.Errorf("saved %+v", w)
	}

	s.run(button("Edit"), button("Cancel"))
	s.sees(card, "Builds")
	s.run(button("Delete"))
	s.waitFor("document.querySelectorAll('.webhook').length === 1")
	s.run(button("Delete"))
	s.sees("#webhooks", "None. Your service registers one")
	s.hadNoProblems()
}

// TestAForgeryThatWasAcceptedIsBad, in whatever the receiver's status says.
func TestAForgeryThatWasAcceptedIsBad(t *testing.T) {
	s := begin(t)
	careless := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer careless.Close()
	err := s.box.Fake.Update(func(state *asctest.State) {
		state.MarketplaceWebhook = &asctest.MarketplaceWebhook{EndpointURL: careless.URL, Secret: s.secret}
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.box.Fake.SignBytes("", []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signed[0].Forged().Send(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.run(chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.page))
	s.sees(latest+" .row", "accepted although forged")
	s.sees(latest+" .bad", "200")
}

// TestAFilterWithoutMatchesSaysSo.
func TestAFilterWithoutMatchesSaysSo(t *testing.T) {
	s := begin(t)
	s.badCall()
	s.run(chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.page))
	s.sees(latest+" .row", "409")
	s.run(chromedp.SetValue("#filter", "event", chromedp.ByQuery), chromedp.Evaluate(`document.querySelector("#filter").dispatchEvent(new Event("change"))`, nil))
	s.sees("#nothing", "Nothing of what there is matches the filter")
}

// TestFailuresAreSaidAndTriedAgain: of the first load, of the stream, and of a button.
func TestFailuresAreSaidAndTriedAgain(t *testing.T) {
	s := begin(t)
	s.broken.Store(true)
	s.run(chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.page))
	s.sees("#live", "not connected, trying again")
	s.broken.Store(false)
	s.sees("#live", "live")
	s.badCall()
	s.sees(latest+" .row", "409")
	s.submit("#fault-form")
	s.sees("#faults", "any call")
	s.broken.Store(true)
	s.run(chromedp.Click("#disarm", chromedp.ByQuery))
	s.sees("#problem", "out of order", "Try again")
	s.accessible("after a failure")
	s.broken.Store(false)
	s.run(chromedp.Click("#problem button", chromedp.ByQuery))
	s.waitFor("document.querySelector('#problem').hidden && document.querySelectorAll('#faults li').length === 0")
}

// TestManyTabs: each is up to date, and all of them need one stream.
func TestManyTabs(t *testing.T) {
	s := begin(t)
	s.run(chromedp.Navigate(s.page)) // starts the browser
	tabs := []context.Context{s.ctx}
	for range 7 {
		ctx, cancel := chromedp.NewContext(s.ctx)
		t.Cleanup(cancel)
		tabs = append(tabs, ctx)
	}
	each := func(check func(*story)) {
		for _, tab := range tabs {
			check(&story{T: t, ctx: tab})
		}
	}
	each(func(tab *story) {
		tab.run(chromedp.EmulateViewport(1280, 860), chromedp.Navigate(s.page))
		tab.sees("#live", "live")
	})
	s.badCall()
	each(func(tab *story) { tab.sees(latest+" .row", "POST /v1/marketplaceWebhooks", "409") })
	if n := s.streams.Load(); n != 1 {
		t.Errorf("%d streams are open", n)
	}
}
