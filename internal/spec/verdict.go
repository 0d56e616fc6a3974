package spec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// verdict is what oasdiff says of one operation and one change; we take those that break.
type verdict struct {
	Text           string  `json:"text"`
	Level          int     `json:"level"` // 1 info, 2 warning, 3 error
	Method         string  `json:"operation"`
	Path           string  `json:"path"`
	BaseSource     *source `json:"baseSource"`
	RevisionSource *source `json:"revisionSource"`
}

type source struct {
	Line int `json:"line"`
}

// breaking parses oasdiff's changelog in JSON and returns what breaks, oasdiff's errors and warnings.
func breaking(changelog []byte) ([]verdict, error) {
	var verdicts []verdict
	if len(changelog) > 0 {
		if err := json.Unmarshal(changelog, &verdicts); err != nil {
			return nil, fmt.Errorf("oasdiff's changelog: %w", err)
		}
	}
	return slices.DeleteFunc(verdicts, func(v verdict) bool { return v.Level < 2 }), nil
}

// judge marks the changes that oasdiff calls breaking. It says so once for each
// operation and status; we say it once for each place in the documents. What
// fits no change of ours is added in oasdiff's words.
func judge(changes []Change, verdicts []verdict, from, to *Document) []Change {
	wasAt, nowAt := lines(from.YAML), lines(to.YAML)
	for _, v := range verdicts {
		was, now := v.BaseSource.pointer(wasAt), v.RevisionSource.pointer(nowAt)
		found := mark(changes, func(c Change) bool { return within(was, c.was) || within(now, c.now) })
		if !found {
			was, now = subject(from.Root, was), subject(to.Root, now)
			found = mark(changes, func(c Change) bool {
				return was != "" && was == subject(from.Root, c.was) || now != "" && now == subject(to.Root, c.now)
			})
		}
		if !found {
			group := cmp.Or(strings.TrimSpace(v.Method+" "+v.Path), "document")
			changes = append(changes, Change{Group: group, Text: v.Text, Breaking: true})
		}
	}
	return changes
}

func mark(changes []Change, matches func(Change) bool) bool {
	found := false
	for i, change := range changes {
		if matches(change) {
			changes[i].Breaking = true
			found = true
		}
	}
	return found
}

// within reports whether a place lies in what has changed.
func within(pointer, changed string) bool {
	return pointer != "" && changed != "" && (pointer == changed || strings.HasPrefix(pointer, changed+"/"))
}

// subject cuts a pointer after its last name or list index: the property,
// parameter or response that it is about.
func subject(root map[string]any, pointer string) string {
	keys, _ := tokens(pointer)
	subject, so, p := "", "", keywords
	var value any = root
	for _, key := range keys {
		so = below(so, key)
		_, inList := value.([]any)
		next, _ := at(value, key)
		if p == names || inList && isObject(next) {
			subject = so
		}
		if !inList {
			p = p.child(key, next)
		}
		value = next
	}
	return subject
}

func (s *source) pointer(lines map[int]string) string {
	if s == nil {
		return ""
	}
	return lines[s.Line]
}

// lines maps each line of a YAML document to the JSON pointer of what stands there.
func lines(text []byte) map[int]string {
	var document yaml.Node
	pointers := map[int]string{}
	if err := yaml.Unmarshal(text, &document); err == nil {
		markLines(&document, "", pointers)
	}
	return pointers
}

func markLines(node *yaml.Node, pointer string, pointers map[int]string) {
	switch node.Kind {
	case yaml.DocumentNode:
		markLines(node.Content[0], pointer, pointers)
	case yaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			at := below(pointer, node.Content[i].Value)
			pointers[node.Content[i].Line] = at
			markLines(node.Content[i+1], at, pointers)
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			if item.Line != node.Line || node.Style != yaml.FlowStyle {
				pointers[item.Line] = belowIndex(pointer, i)
			}
			markLines(item, belowIndex(pointer, i), pointers)
		}
	}
}

// byGroup sorts changes by group, in the order in which the groups first appear.
func byGroup(changes []Change) []Change {
	first := map[string]int{}
	for i, change := range changes {
		if _, ok := first[change.Group]; !ok {
			first[change.Group] = i
		}
	}
	return slices.SortedStableFunc(slices.Values(changes), func(a, b Change) int {
		return cmp.Compare(first[a.Group], first[b.Group])
	})
}
