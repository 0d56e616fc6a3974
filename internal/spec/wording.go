package spec

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Every sentence of Apple's is dropped; where OpenAPI or a reader wants one, this is ours.

// dropWording returns a copy without what is written for people: descriptions,
// titles, examples and extensions. A property called title stays.
func dropWording(value any, p position) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = dropWording(item, p)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, child := range value {
			if p != keywords || !isWording(key) {
				object[key] = dropWording(child, p.child(key, child))
			}
		}
		return object
	}
	return value
}

func isWording(key string) bool {
	wording := []string{"title", "summary", "description", "example", "examples", "externalDocs"}
	return slices.Contains(wording, key) || strings.HasPrefix(key, "x-")
}

const applesPages = "https://developer.apple.com/documentation/appstoreconnectapi/"

// slug makes a page's name of a method and a path.
var slug = strings.NewReplacer("/", "-", "{", "_", "}", "_")

// addWording gives operations, responses and deprecated schemas our words.
func addWording(root map[string]any, kept *Kept) {
	tags := map[string]any{}
	operations(root, func(path, method string, operation map[string]any) {
		id, _ := operation["operationId"].(string)
		operation["summary"] = kept.Operations[id].Summary
		operation["description"] = "Apple's page: " + applesPages + strings.ToLower(slug.Replace(method+path))
		explainDeprecation(operation, kept.Deprecated)
		describe(operation["responses"])
		used, _ := operation["tags"].([]any)
		for _, tag := range used {
			tags[fmt.Sprint(tag)] = true
		}
	})
	list := []any{}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, map[string]any{"name": tag, "description": "What Apple files under " + tag + "."})
	}
	root["tags"] = list
	components, _ := root["components"].(map[string]any)
	describe(components["responses"])
	schemas, _ := components["schemas"].(map[string]any)
	for _, schema := range schemas {
		explainDeprecation(schema, kept.Deprecated)
	}
}

func describe(responses any) {
	byStatus, _ := responses.(map[string]any)
	for status, response := range byStatus {
		if response, ok := response.(map[string]any); ok && response["$ref"] == nil {
			code, _ := strconv.Atoi(status)
			response["description"] = cmp.Or(http.StatusText(code), "Any other response")
		}
	}
}

func explainDeprecation(value any, reason string) {
	if object, ok := value.(map[string]any); ok && object["deprecated"] == true {
		object["x-deprecated-reason"] = reason
	}
}
