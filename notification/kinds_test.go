package notification_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ascmarketplace/webhooks/internal/contract"
	"github.com/ascmarketplace/webhooks/notification"
	"github.com/ascmarketplace/webhooks/openapi"
	"github.com/ascmarketplace/webhooks/wrapper"
)

// The places that know a type of notification. CONTRIBUTING.md has the recipe.
const (
	table        = "the tables in notification/*_events.go"
	schemas      = "the schemas in openapi/notifications.yaml"
	fixtureFiles = "the fixtures in notification/testdata"
	constants    = "AllEvents in wrapper/event_types.go"
)

// TestEachTypeIsComplete: a type that one place knows is known in each.
func TestEachTypeIsComplete(t *testing.T) {
	examples := notification.Examples()
	known := map[string][]string{table: {}, schemas: schemaTypes(t), fixtureFiles: fixtureTypes(t), constants: {}}
	for _, n := range examples {
		known[table] = append(known[table], n.Type)
	}
	subscriptions := map[string]string{}
	for _, typ := range append(known[table], known[schemas]...) {
		subscriptions[contract.Subscription(typ)] = typ
	}
	for _, eventType := range wrapper.AllEvents() {
		typ, found := subscriptions[string(eventType)]
		if !found {
			typ = string(eventType)
		}
		known[constants] = append(known[constants], typ)
	}
	for _, problem := range incomplete(known) {
		t.Error(problem)
	}
}

// TestIncompleteNamesThePlace: the check above can fail, in both directions.
func TestIncompleteNamesThePlace(t *testing.T) {
	const typ = "buildUploadStateUpdated"
	for _, place := range []string{table, schemas, fixtureFiles, constants} {
		missing := map[string][]string{table: {typ}, schemas: {typ}, fixtureFiles: {typ}, constants: {typ}}
		missing[place] = nil
		want := fmt.Sprintf("%s is missing from %s", typ, place)
		if got := incomplete(missing); !reflect.DeepEqual(got, []string{want}) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	pings := []string{"webhookPingCreated"}
	ping := map[string][]string{table: pings, schemas: pings, fixtureFiles: pings}
	if got := incomplete(ping); got != nil {
		t.Errorf("got %q for a ping, to which nothing subscribes", got)
	}
}

// incomplete tells which place lacks a type that another has.
func incomplete(known map[string][]string) (problems []string) {
	all := map[string]map[string]bool{} // places by type
	for place, types := range known {
		for _, typ := range types {
			if all[typ] == nil {
				all[typ] = map[string]bool{}
			}
			all[typ][place] = true
		}
	}
	for typ, places := range all {
		for _, place := range []string{table, schemas, fixtureFiles, constants} {
			if !places[place] && (place != constants || contract.Subscription(typ) != "") {
				problems = append(problems, fmt.Sprintf("%s is missing from %s", typ, place))
			}
		}
	}
	return problems
}

func schemaTypes(t *testing.T) (types []string) {
	t.Helper()
	for _, schema := range loadDocument(t, true).RequestBody.Value.Content["application/json"].Schema.Value.OneOf {
		typ := schema.Value.Properties["data"].Value.Properties["type"].Value
		if name, ok := typ.Const.(string); ok {
			types = append(types, name)
		}
		for _, name := range typ.Enum {
			types = append(types, name.(string))
		}
	}
	return types
}

func fixtureTypes(t *testing.T) (types []string) {
	t.Helper()
	for name, body := range fixtures(t) {
		n, err := notification.Decode(body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		types = append(types, n.Type)
	}
	return types
}

// TestEventTypesOfTheAPIAreKnown: whoever can subscribe to it gets a typed event.
func TestEventTypesOfTheAPIAreKnown(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(openapi.AppStoreConnect())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, n := range notification.Examples() {
		known[contract.Subscription(n.Type)] = true
	}
	for _, eventType := range document.Components.Schemas["WebhookEventType"].Value.Enum {
		if !known[eventType.(string)] {
			t.Errorf("%v has no entry in %s", eventType, table)
		}
	}
}

// TestFixturesAreSentAsTheyCame: a webhook's, but for the links, which some
// lack and others have on another host.
func TestFixturesAreSentAsTheyCame(t *testing.T) {
	for name, body := range fixtures(t) {
		n, err := notification.Decode(body)
		if err != nil || n.Event == nil {
			t.Errorf("%s: event %v, %v", name, n.Event, err)
			continue
		}
		n.Raw = nil
		again, err := json.Marshal(n)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if contract.Subscription(n.Type) == "" {
			continue // a marketplace's times may have any offset
		}
		if got, want := withoutLinks(t, again), withoutLinks(t, body); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, want)
		}
	}
}
