package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
)

// layout breaks a compact JSON document into lines of about width columns. What fits,
// or has one member only, stays on its line.
func layout(document []byte, width int) string {
	var b strings.Builder
	layoutValue(&b, document, "\n", width)
	return b.String()
}

func layoutValue(b *strings.Builder, value json.RawMessage, newline string, width int) {
	names, members := open(value)
	if len(members) == 0 {
		b.Write(value)
		return
	}
	column := b.Len() - strings.LastIndexByte(b.String(), '\n')
	between, inner, outer := ",", newline+"  ", newline
	if column+len(value) <= width || len(members) == 1 {
		between, inner, outer = ", ", "", ""
	}
	b.WriteByte(value[0])
	for i, member := range members {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(inner)
		if names != nil {
			b.WriteString(names[i] + ": ")
		}
		layoutValue(b, member, cmp.Or(inner, newline), width)
	}
	b.WriteString(outer)
	b.WriteByte(value[len(value)-1])
}

// open returns the compact members of an object or array, and the names of an
// object's. Anything else has none.
func open(value json.RawMessage) (names []string, members []json.RawMessage) {
	decoder := json.NewDecoder(bytes.NewReader(value))
	opening, _ := decoder.Token()
	if _, container := opening.(json.Delim); !container {
		return nil, nil
	}
	for decoder.More() {
		if opening == json.Delim('{') {
			name, err := decoder.Token()
			if err != nil {
				return nil, nil
			}
			quoted, _ := json.Marshal(name)
			names = append(names, string(quoted))
		}
		var member json.RawMessage
		if decoder.Decode(&member) != nil {
			return nil, nil
		}
		members = append(members, member)
	}
	return names, members
}
