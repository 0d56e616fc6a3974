package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"fits":          {`{"a":1,"b":[2,3]}`, `{"a": 1, "b": [2, 3]}`},
		"breaks":        {`{"first":"0123456789","second":"0123456789"}`, "{\n  \"first\": \"0123456789\",\n  \"second\": \"0123456789\"\n}"},
		"one member":    {`{"data":[{"first":"0123456789","second":"0123456789"}]}`, "{\"data\": [{\n  \"first\": \"0123456789\",\n  \"second\": \"0123456789\"\n}]}"},
		"long word":     {`"` + strings.Repeat("x", 60) + `"`, `"` + strings.Repeat("x", 60) + `"`},
		"nothing in it": {`{"a":{},"b":[],"c":null}`, `{"a": {}, "b": [], "c": null}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := layout([]byte(test.in), 40)
			if got != test.want {
				t.Errorf("got %s", got)
			}
			var compact bytes.Buffer
			if err := json.Compact(&compact, []byte(got)); err != nil || compact.String() != test.in {
				t.Errorf("another document: %s, %v", &compact, err)
			}
		})
	}
}
