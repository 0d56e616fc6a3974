package spec

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

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
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("spec: %w", err)
	}
	corrections, err := parseOverlay(data)
	if err != nil {
		return nil, fmt.Errorf("spec: %s: %w", name, err)
	}
	return corrections, nil
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

// apply makes the corrections one by one. Those that do not fit are left out;
// for a retired schema that is as it should be, since it has been corrected.
func (o *Overlay) apply(root map[string]any, retired []string) (map[string]any, Ledger, error) {
	var ledger Ledger
	for actions := o.file.Actions; len(actions) > 0; {
		n := 1
		for n < len(actions) && actions[n].Description == actions[0].Description {
			n++
		}
		corrected, finding, err := o.correct(root, actions[:n])
		if err != nil {
			return nil, ledger, fmt.Errorf("correction %q: %w", actions[0].Description, err)
		}
		if finding.isProblem() && !slices.ContainsFunc(actions[:n], func(a overlay.Action) bool { return !within(a.Target, retired) }) {
			finding = Finding{Correction: finding.Correction, Status: Retired}
		}
		root, ledger, actions = corrected, append(ledger, finding), actions[n:]
	}
	return root, ledger, nil
}

// within reports a target that lies in one of the schemas.
func within(target string, schemas []string) bool {
	rest, ok := strings.CutPrefix(target, "$.components.schemas.")
	name, _, _ := strings.Cut(rest, ".")
	return ok && slices.Contains(schemas, name)
}

// correct makes one correction on a copy. It is needed no longer when each of
// its actions would change nothing; when only some would, upstream has moved.
func (o *Overlay) correct(root map[string]any, actions []overlay.Action) (map[string]any, Finding, error) {
	finding := Finding{Correction: actions[0].Description, Status: Applied}
	node := toNode(root, keywords)
	needless := ""
	needed := 0
	for _, action := range actions {
		targets := o.query(action.Target, node)
		switch {
		case len(targets) == 0:
			finding.Status, finding.Detail = NoTarget, action.Target+" is not there"
			return root, finding, nil
		case !action.Remove && allHold(targets, &action.Update):
			needless = action.Target
			continue
		}
		needed++
		one := o.file
		one.Actions = []overlay.Action{action}
		if err := one.ApplyTo(node); err != nil {
			return nil, finding, err
		}
	}
	switch {
	case needed == 0:
		finding.Status, finding.Detail = NotNeeded, "upstream has it, remove it from the overlay"
		return root, finding, nil
	case needless != "":
		finding.Status, finding.Detail = NoTarget, needless+" is no longer what it corrects"
		return root, finding, nil
	}
	corrected, ok := fromNode(node).(map[string]any)
	if !ok {
		return nil, finding, errors.New("leaves no object")
	}
	return corrected, finding, nil
}

func (o *Overlay) query(target string, node *yaml.Node) []*yaml.Node {
	path, err := o.file.NewPath(target, nil)
	if err != nil {
		return nil
	}
	return path.Query(node)
}

func allHold(targets []*yaml.Node, update *yaml.Node) bool {
	for _, target := range targets {
		if !holds(fromNode(target), fromNode(update)) {
			return false
		}
	}
	return true
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
