package spec

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// shop is a document of parcels and posters, and of the orders that both include. Posters offer no related list.
const shop = `{"openapi": "3.0.1", "info": {"version": "1"}, "components": {"schemas": {
"ParcelResponse": {"type": "object", "properties": {
	"data": {"$ref": "#/components/schemas/Parcel"},
	"included": {"type": "array", "items": {
		"oneOf": [{"$ref": "#/components/schemas/Order"}, {"$ref": "#/components/schemas/Poster"}],
		"discriminator": {"propertyName": "type", "mapping": {
			"orders": "#/components/schemas/Order", "posters": "#/components/schemas/Poster"}}}}}},
"PostersResponse": {"type": "object", "properties": {
	"data": {"type": "array", "items": {"$ref": "#/components/schemas/Poster"}},
	"included": {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}}},
"Parcel": {"type": "object", "properties": {"type": {"type": "string", "enum": ["parcels"]},
	"relationships": {"type": "object", "properties": {
		"order": {"type": "object", "properties": {"data": {"type": "object", "properties": {
			"type": {"type": "string", "enum": ["orders"]}}}}},
		"posters": {"type": "object", "properties": {"data": {"type": "array", "items": {"type": "object", "properties": {
			"type": {"type": "string", "enum": ["posters"]}}}}}},
		"stamps": {"type": "object", "properties": {"links": {"type": "object"}}}}}}},
"Poster": {"type": "object", "properties": {"type": {"type": "string", "enum": ["posters"]},
	"relationships": {"type": "object", "properties": {
		"order": {"type": "object", "properties": {"data": {"type": "object", "properties": {
			"type": {"type": "string", "enum": ["orders"]}}}}}}}}},
"Order": {"type": "object", "properties": {"type": {"type": "string", "enum": ["orders"]},
	"relationships": {"type": "object", "properties": {"buyer": {"type": "object"}}}}}}},
"paths": {
"/v1/parcels/{id}": {"get": {"operationId": "parcels_get", "parameters": [
	{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
	{"name": "fields[orders]", "in": "query", "schema": {"type": "string"}},
	{"name": "limit[posters]", "in": "query", "schema": {"type": "integer"}},
	{"name": "include", "in": "query", "schema": {"type": "array", "items": {"type": "string", "enum": ["order", "posters"]}}}],
	"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {
		"$ref": "#/components/schemas/ParcelResponse"}}}}}}},
"/v1/parcels/{id}/posters": {"get": {"operationId": "parcels_posters", "parameters": [
	{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
	{"name": "limit", "in": "query", "schema": {"type": "integer"}},
	{"name": "include", "in": "query", "schema": {"type": "array", "items": {"type": "string", "enum": ["order"]}}}],
	"responses": {"200": {"description": "d", "content": {"application/json": {"schema": {
		"$ref": "#/components/schemas/PostersResponse"}}}}}}}}}`

// trimShop trims the shop to the operations that operations, a YAML object, lists.
func trimShop(t *testing.T, operations string) (*Document, error) {
	t.Helper()
	upstream, err := parseUpstream([]byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := parseKept([]byte("info: {title: t}\ndeprecated: d\noperations: " + operations))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := parseOverlay([]byte("overlay: 1.0.0\nx-speakeasy-jsonpath: rfc9535\ninfo: {title: t, version: '1'}\n" +
		"actions: [{description: d, target: $.info, update: {x-seen: true}}]"))
	if err != nil {
		t.Fatal(err)
	}
	return Trim(upstream, kept, overlay, "")
}

// TestIncludes: each row has what is left of the schemas, of their relationships and of the parameters.
func TestIncludes(t *testing.T) {
	const whole = "Order Parcel ParcelResponse Poster"
	for name, test := range map[string]struct{ operations, schemas, relationships, parameters string }{
		"a plain string keeps everything": {`{parcels_get: s}`, whole,
			"Order.buyer Parcel.order Parcel.posters Parcel.stamps Poster.order", "fields[orders] id include=order,posters limit[posters]"},
		"no list keeps everything": {`{parcels_get: {summary: s}}`, whole,
			"Order.buyer Parcel.order Parcel.posters Parcel.stamps Poster.order", "fields[orders] id include=order,posters limit[posters]"},
		"one of two": {`{parcels_get: {summary: s, include: [order]}}`, "Order Parcel ParcelResponse",
			"Parcel.order", "id include=order"},
		"the one with a limit": {`{parcels_get: {summary: s, include: [posters]}}`, "Parcel ParcelResponse Poster",
			"Parcel.posters", "id include=posters limit[posters]"},
		"nothing": {`{parcels_get: {summary: s, include: []}}`, "Parcel ParcelResponse", "", "id"},
		"what another operation lists stays": {`{parcels_get: {summary: s, include: []}, parcels_posters: {summary: s, include: []}}`,
			"Parcel ParcelResponse Poster PostersResponse", "Parcel.posters", "id id limit"},
		"what another operation includes stays": {
			`{parcels_get: {summary: s, include: [posters]}, parcels_posters: {summary: s, include: [order]}}`,
			"Order Parcel ParcelResponse Poster PostersResponse", "Parcel.posters Poster.order",
			"id id include=order include=posters limit limit[posters]"},
		"what a plain string leads to stays whole": {
			`{parcels_get: {summary: s, include: [order]}, parcels_posters: s}`, "Order Parcel ParcelResponse Poster PostersResponse",
			"Order.buyer Parcel.order Parcel.posters Poster.order", "id id include=order include=order limit"},
	} {
		t.Run(name, func(t *testing.T) {
			document, err := trimShop(t, test.operations)
			if err != nil {
				t.Fatal(err)
			}
			schemas, relationships, parameters := left(t, document)
			if schemas != test.schemas || relationships != test.relationships || parameters != test.parameters {
				t.Errorf("left\n%s\n%s\n%s\nwant\n%s\n%s\n%s", schemas, relationships, parameters,
					test.schemas, test.relationships, test.parameters)
			}
			if test.operations == `{parcels_get: {summary: s, include: [order]}}` && strings.Contains(string(document.YAML), "posters") {
				t.Errorf("posters are still there:\n%s", document.YAML)
			}
		})
	}
}

// left names what a document still has.
func left(t *testing.T, document *Document) (schemas, relationships, parameters string) {
	var ofSchemas, ofOperations []string
	all := object(t, document.Root, "components", "schemas")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		found, _ := at(all[name], "properties", "relationships", "properties")
		byName, _ := found.(map[string]any)
		for _, relationship := range slices.Sorted(maps.Keys(byName)) {
			ofSchemas = append(ofSchemas, name+"."+relationship)
		}
	}
	operations(document.Root, func(_, _ string, operation map[string]any) {
		list, _ := operation["parameters"].([]any)
		for _, parameter := range list {
			name, _ := at(parameter, "name")
			text := name.(string)
			if items, ok := at(parameter, "schema", "items"); ok {
				text += "=" + strings.Join(enum(items), ",")
			}
			ofOperations = append(ofOperations, text)
		}
	})
	slices.Sort(ofOperations)
	return strings.Join(slices.Sorted(maps.Keys(all)), " "), strings.Join(ofSchemas, " "), strings.Join(ofOperations, " ")
}

func TestUnknownIncludesAreNamed(t *testing.T) {
	for name, want := range map[string]string{
		"buyer":  "spec: after the corrections: kept.yaml: parcels_get can't include buyer; it offers: order, posters",
		"stamps": "spec: after the corrections: kept.yaml: parcels_get can't include stamps; it offers: order, posters",
	} {
		_, err := trimShop(t, `{parcels_get: {summary: s, include: [`+name+`]}}`)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}
