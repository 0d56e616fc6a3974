package spec

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// keywordOrder is how a reader wants to meet OpenAPI's keywords. Others follow by name, extensions last.
var keywordOrder = []string{
	"$ref", "openapi", "info", "name", "in", "title", "version", "operationId", "summary", "description",
	"deprecated", "x-deprecated-reason", "servers", "url", "security", "tags",
	"type", "format", "nullable", "enum", "required", "style", "explode",
	"parameters", "get", "post", "put", "patch", "delete", "requestBody", "responses",
	"content", "schema", "items", "properties", "additionalProperties", "paths", "components",
}

func keyRank(key string) int {
	if i := slices.Index(keywordOrder, key); i >= 0 {
		return i
	}
	if strings.HasPrefix(key, "x-") {
		return len(keywordOrder) + 1
	}
	return len(keywordOrder)
}

// sortedKeys orders keywords by rank and names by themselves.
func sortedKeys(object map[string]any, p position) []string {
	return slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		if p == keywords {
			return cmp.Or(cmp.Compare(keyRank(a), keyRank(b)), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
}

// render writes a document in its one order.
func render(root map[string]any) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(toNode(root, keywords)); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func toNode(value any, p position) *yaml.Node {
	node := &yaml.Node{}
	switch value := value.(type) {
	case map[string]any:
		node.Kind = yaml.MappingNode
		for _, key := range sortedKeys(value, p) {
			name := &yaml.Node{}
			name.SetString(key)
			node.Content = append(node.Content, name, toNode(value[key], p.child(key, value[key])))
		}
	case []any:
		node.Kind = yaml.SequenceNode
		node.Style = yaml.FlowStyle
		for _, item := range value {
			child := toNode(item, p)
			if child.Kind != yaml.ScalarNode || len(value) > 8 {
				node.Style = 0 // only short lists of plain values fit on a line
			}
			node.Content = append(node.Content, child)
		}
	case json.Number:
		node.Kind, node.Value = yaml.ScalarNode, value.String()
	case string:
		node.SetString(value)
	default: // a boolean or null
		_ = node.Encode(value)
	}
	return node
}

// fromNode is the reverse of toNode. Numbers keep their text.
func fromNode(node *yaml.Node) any {
	switch node.Kind {
	case yaml.DocumentNode:
		return fromNode(node.Content[0])
	case yaml.AliasNode:
		return fromNode(node.Alias)
	case yaml.MappingNode:
		object := make(map[string]any, len(node.Content)/2)
		for i := 0; i < len(node.Content); i += 2 {
			object[node.Content[i].Value] = fromNode(node.Content[i+1])
		}
		return object
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, item := range node.Content {
			list[i] = fromNode(item)
		}
		return list
	}
	switch node.ShortTag() {
	case "!!int", "!!float":
		return json.Number(node.Value)
	case "!!bool":
		return node.Value == "true"
	case "!!null":
		return nil
	}
	return node.Value
}

func copyOf(root map[string]any) map[string]any {
	return fromNode(toNode(root, keywords)).(map[string]any)
}
