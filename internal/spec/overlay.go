package spec

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"

	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"
)

// Overlay holds our corrections: an OpenAPI Overlay whose actions each have a
// description, the name of the correction. Neighbours of the same name are one
// correction, applied whole or not at all.
type Overlay struct {
	file overlay.Overlay
}

// ReadOverlay reads an OpenAPI Overlay 1.0 file.
func ReadOverlay(name string) (*Overlay, error) {
	return read(name, parseOverlay)
}

func parseOverlay(data []byte) (*Overlay, error) {
	var o Overlay
	if err := yaml.Unmarshal(data, &o.file); err != nil {
		return nil, err
	}
	if err := o.file.Validate(); err != nil {
		return nil, err
	}
	if !o.file.UsesRFC9535() {
		return nil, errors.New("x-speakeasy-jsonpath: rfc9535 is missing")
	}
	for i, action := range o.file.Actions {
		switch _, err := o.file.NewPath(action.Target, nil); {
		case err != nil:
			return nil, fmt.Errorf("action %d: %w", i+1, err)
		case action.Description == "":
			return nil, fmt.Errorf("action %d (%s) has no description to name the correction by", i+1, action.Target)
		case action.Copy != "", action.Remove == !action.Update.IsZero():
			return nil, fmt.Errorf("action %d (%s) must either update or remove", i+1, action.Target)
		}
	}
	return &o, nil
}

// apply makes the corrections one by one, and tells which do not fit and were
// left out. What is retired has its corrections from when Apple had it.
func (o *Overlay) apply(root, retired map[string]any) (corrected map[string]any, unfit []string, err error) {
	for actions := o.file.Actions; len(actions) > 0; {
		n := 1
		for n < len(actions) && actions[n].Description == actions[0].Description {
			n++
		}
		name := actions[0].Description
		if keys := keysOf(actions[0].Target); len(keys) < 3 || !has(retired, keys[:3]) {
			after, reason, err := o.correct(root, actions[:n])
			switch {
			case err != nil:
				return nil, nil, fmt.Errorf("correction %q: %w", name, err)
			case reason != "":
				unfit = append(unfit, fmt.Sprintf("correction %q: %s", name, reason))
			default:
				root = after
			}
		}
		actions = actions[n:]
	}
	return root, unfit, nil
}

// correct makes one correction on a copy, or gives the reason why it does not
// fit. When only some of its actions would change anything, upstream has moved.
func (o *Overlay) correct(root map[string]any, actions []overlay.Action) (_ map[string]any, unfit string, _ error) {
	needless := ""
	needed := 0
	for _, action := range actions {
		root = copyOf(root)
		inline(root, keysOf(action.Target))
		node := toNode(root, keywords)
		path, err := o.file.NewPath(action.Target, nil)
		if err != nil {
			return nil, "", err
		}
		targets := path.Query(node)
		changes := func(target *yaml.Node) bool {
			return action.Remove || !holds(fromNode(target), fromNode(&action.Update))
		}
		switch {
		case len(targets) == 0:
			return nil, action.Target + " is not there", nil
		case !slices.ContainsFunc(targets, changes):
			needless = action.Target
			continue
		}
		needed++
		one := o.file
		one.Actions = []overlay.Action{action}
		if err := one.ApplyTo(node); err != nil {
			return nil, "", err
		}
		object, ok := fromNode(node).(map[string]any)
		if !ok {
			return nil, "", errors.New("leaves no object")
		}
		root = object
	}
	switch {
	case needed == 0:
		return nil, "Apple's document has it, remove it from the overlay", nil
	case needless != "":
		return nil, needless + " is no longer what it corrects", nil
	}
	return root, "", nil
}

// inline replaces each $ref on the way down keys by what it points at, so that
// a correction reaches a schema inline and behind a $ref.
func inline(root map[string]any, keys []string) {
	for i := range keys {
		if i+1 < len(keys) && keys[i+1] == "$ref" {
			return // the reference itself is corrected
		}
		value, _ := at(root, keys[:i+1]...)
		object, _ := value.(map[string]any)
		ref, _ := object["$ref"].(string)
		path, _ := fragment(ref)
		target, _ := at(root, path...)
		if schema, ok := target.(map[string]any); ok && path != nil {
			delete(object, "$ref")
			maps.Copy(object, schema)
		}
	}
}

var pathSegment = regexp.MustCompile(`^(?:\.(\w+)|\['([^']+)'\])`)

// keysOf returns the keys that a JSONPath begins with, up to its first filter or wildcard.
func keysOf(target string) (keys []string) {
	rest := target[1:]
	for match := pathSegment.FindStringSubmatch(rest); match != nil; match = pathSegment.FindStringSubmatch(rest) {
		keys = append(keys, match[1]+match[2])
		rest = rest[len(match[0]):]
	}
	return keys
}

// holds reports whether merging update into value would change nothing.
func holds(value, update any) bool {
	object, ok := value.(map[string]any)
	wanted, both := update.(map[string]any)
	if !ok || !both {
		return reflect.DeepEqual(value, update)
	}
	for key, want := range wanted {
		if have, ok := object[key]; !ok || !holds(have, want) {
			return false
		}
	}
	return true
}
