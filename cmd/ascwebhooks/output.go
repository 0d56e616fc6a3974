package main

// What goes to stdout, text for people and JSON for programs, and the log.

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// format is the value of --output; empty means text.
type format string

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "format" }
func (f *format) Set(value string) error {
	if value != "text" && value != "json" {
		return errors.New("not text or json")
	}
	*f = format(value)
	return nil
}

// print writes document as one line of JSON, or else the text, which ends with
// a newline. It writes once, so that concurrent lines stay whole.
func (s *system) print(document any, text string) error {
	if s.output == "json" {
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false) // URLs stay readable
		if err := encoder.Encode(document); err != nil {
			return err
		}
		text = line.String()
	}
	if _, err := fmt.Fprint(s.stdout, text); err != nil {
		return errors.New("stdout cannot be written to")
	}
	return nil
}

// fields returns a line for each pair of a name and a value that is not empty.
func fields(pairs ...string) string {
	var text string
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			text += fmt.Sprintf("%-13s %s\n", pair[0]+":", oneLine(pair[1]))
		}
	}
	return text
}

// each returns a line for each value, all of the same name.
func each[V ~string](name string, values []V) string {
	var text string
	for _, value := range values {
		text += fields(name, string(value))
	}
	return text
}

// oneLine keeps what came from elsewhere from moving the cursor.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }), " ")
}

// lineByLine does the same for a text of several lines.
func lineByLine(s string) string {
	var text strings.Builder
	for line := range strings.Lines(s) {
		text.WriteString(oneLine(line) + "\n")
	}
	return text.String()
}

func statusText(status int) string {
	return fmt.Sprintf("%d %s", status, http.StatusText(status))
}

// logger writes one line for each record to stderr, without time, level and
// what is empty.
func (s *system) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(s.stderr, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Value.Equal(slog.StringValue("")) {
				return slog.Attr{}
			}
			return a
		},
	}))
}
