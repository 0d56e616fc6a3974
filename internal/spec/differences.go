package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// difference is one place where two documents differ: a keyword, a name, or an
// item of a list. It can be made in the old document alone, and taken back in
// the new one alone.
type difference struct {
	text         string
	inOld, inNew edit
}

// edit replaces the value at keys; nil deletes it.
type edit struct {
	keys  []string
	value any
}

// applied returns a copy of root with the edit.
func (e edit) applied(root map[string]any) map[string]any {
	root = copyOf(root)
	last := len(e.keys) - 1
	parent, _ := at(root, e.keys[:last]...)
	switch parent := parent.(type) {
	case map[string]any:
		parent[e.keys[last]] = e.value
		if e.value == nil {
			delete(parent, e.keys[last])
		}
	case []any:
		parent[index(e.keys[last])] = e.value
	}
	return root
}

func copyOf(root map[string]any) map[string]any {
	return fromNode(toNode(root, keywords)).(map[string]any)
}

// differences lists where two values differ. The keys lead to them in their documents.
func differences(was, now any, wasKeys, nowKeys []string) []difference {
	if reflect.DeepEqual(was, now) {
		return nil
	}
	switch was := was.(type) {
	case map[string]any:
		if now, ok := now.(map[string]any); ok && reflect.DeepEqual(was["$ref"], now["$ref"]) {
			var found []difference
			for _, key := range union(was, now) {
				if key == "x-deprecated-reason" && was["deprecated"] != now["deprecated"] {
					continue // our words, which follow from deprecated
				}
				found = append(found, differences(was[key], now[key], under(wasKeys, key), under(nowKeys, key))...)
			}
			return found
		}
	case []any:
		if now, ok := now.([]any); ok {
			return listDifferences(was, now, wasKeys, nowKeys)
		}
	}
	return []difference{{wording(nowKeys, was, now), edit{wasKeys, now}, edit{nowKeys, was}}}
}

// listDifferences pairs the items of two lists by what they are, whatever their order.
func listDifferences(was, now []any, wasKeys, nowKeys []string) []difference {
	var found []difference
	wasAt, nowAt := positions(was), positions(now)
	for i, item := range was {
		if j, ok := nowAt[identity(item, i)]; ok {
			found = append(found, differences(item, now[j], under(wasKeys, fmt.Sprint(i)), under(nowKeys, fmt.Sprint(j)))...)
			continue
		}
		found = append(found, difference{wording(nowKeys, item, nil),
			edit{wasKeys, slices.Concat(was[:i], was[i+1:])}, edit{nowKeys, append(slices.Clone(now), item)}})
	}
	for j, item := range now {
		if _, ok := wasAt[identity(item, j)]; !ok {
			found = append(found, difference{wording(nowKeys, nil, item),
				edit{wasKeys, append(slices.Clone(was), item)}, edit{nowKeys, slices.Concat(now[:j], now[j+1:])}})
		}
	}
	if found == nil { // only the order
		found = []difference{{wording(nowKeys, was, now), edit{wasKeys, now}, edit{nowKeys, was}}}
	}
	return found
}

func positions(list []any) map[string]int {
	at := make(map[string]int, len(list))
	for i, item := range list {
		at[identity(item, i)] = i
	}
	return at
}

// identity is what an item is found by in another list: a value, a $ref, a
// parameter's place and name, or else its position.
func identity(item any, i int) string {
	object, ok := item.(map[string]any)
	switch {
	case !ok:
		return fmt.Sprint(item)
	case object["$ref"] != nil:
		return fmt.Sprint(object["$ref"])
	case object["name"] != nil:
		return fmt.Sprint(object["in"], " ", object["name"])
	}
	return fmt.Sprint("#", i)
}

func under(keys []string, key string) []string { return append(slices.Clip(keys), key) }

// wording tells a difference in a few words, after its JSON pointer.
func wording(keys []string, was, now any) string {
	pointer := "#"
	for _, key := range keys {
		pointer = below(pointer, key)
	}
	switch {
	case was == nil:
		return fmt.Sprintf("%s: added %s", pointer, brief(now))
	case now == nil:
		return fmt.Sprintf("%s: dropped %s", pointer, brief(was))
	}
	return fmt.Sprintf("%s: was %s, is %s", pointer, brief(was), brief(now))
}

func brief(value any) string {
	text, _ := json.Marshal(value)
	if len(text) > 120 {
		return strings.ToValidUTF8(string(text[:120]), "") + "..."
	}
	return string(text)
}

func union(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
