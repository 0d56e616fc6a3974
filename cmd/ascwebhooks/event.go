package main

// The events that notify and demo post, and what listen prints of an event.

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ascmarketplace/webhooks/internal/sample"
	"github.com/ascmarketplace/webhooks/notification"
)

// attributeFlag sets one attribute of an event: the field that the event has of
// those named.
type attributeFlag struct {
	name, usage string
	fields      []string
}

func attributeFlags() []attributeFlag {
	return []attributeFlag{
		{"marketplace-app-id", "`ID` of the marketplace's app", []string{"MarketplaceAppID"}},
		{"app-id", "`ID` of the app", []string{"AppID"}},
		{"package-id", "`ID` of a package (repeatable for AppVersionsUnavailable)", []string{"PackageID", "PackageIDs"}},
		{"package-version-id", "`ID` of the package's version", []string{"PackageVersionID"}},
		{"package-version-num", "`number` of the package's version", []string{"PackageVersionNum"}},
		{"available", "`true|false`: whether it is available", []string{"Available"}},
		{"territory", "`code` of a territory, such as DEU (repeatable)", []string{"Territories"}},
		{"instance-id", "`ID` of what another event is about, such as a build upload", []string{"AppStoreVersionID", "BuildUploadID",
			"BuildBetaDetailID", "SubmissionID", "BackgroundAssetVersionID", "InternalBetaReleaseID", "ExternalBetaReleaseID", "AppStoreReleaseID"}},
		{"old", "`state` before the event", []string{"Old"}},
		{"new", "`state` after the event", []string{"New"}},
	}
}

// eventFlags are the flags that describe a notification.
type eventFlags struct {
	typ, id    string
	attributes map[string]*[]string // by flag
}

// flags adds them and returns their names.
func (e *eventFlags) flags(cmd *cobra.Command) (names []string) {
	cmd.Flags().StringVar(&e.typ, "type", sample.Types()[0], "`type` of the notification: "+strings.Join(sample.Types(), ",\n"))
	cmd.Flags().StringVar(&e.id, "id", "", "`ID` of the notification (default a random one); the same again is a duplicate")
	complete(cmd, "type", sample.Types()...)
	e.attributes = map[string]*[]string{}
	for _, flag := range attributeFlags() {
		e.attributes[flag.name] = cmd.Flags().StringArray(flag.name, nil, flag.usage)
		names = append(names, flag.name)
	}
	return append(names, "type", "id")
}

// notification returns the notification that the flags describe.
func (e *eventFlags) notification() (*notification.Notification, error) {
	event := sample.Event(e.typ)
	if event == nil {
		return nil, usagef("--type must be one of %s", strings.Join(sample.Types(), ", "))
	}
	for _, flag := range attributeFlags() {
		if values := *e.attributes[flag.name]; len(values) > 0 {
			if err := flag.set(event, values); err != nil {
				return nil, usagef("--%s %w %s", flag.name, err, e.typ)
			}
		}
	}
	n := notification.New(event)
	n.Type = e.typ
	if e.id != "" {
		n.ID = e.id
	}
	return n, nil
}

func (f attributeFlag) set(event notification.Event, values []string) error {
	for _, name := range f.fields {
		field := reflect.ValueOf(event).Elem().FieldByName(name)
		switch {
		case !field.IsValid():
			continue
		case field.Kind() == reflect.Slice:
			field.Set(reflect.ValueOf(values))
		case len(values) > 1:
			return errors.New("can be given once for")
		case field.Kind() == reflect.Bool:
			value, err := strconv.ParseBool(values[0])
			if err != nil {
				return errors.New("must be true or false for")
			}
			field.SetBool(value)
		default:
			field.SetString(values[0])
		}
		return nil
	}
	return errors.New("does not belong to")
}

// describe returns the attributes of an event, except times, in the words of
// the flags; nothing for an unknown event.
func describe(event notification.Event) string {
	if event == nil {
		return ""
	}
	var words []string
	for _, flag := range attributeFlags() {
		for _, name := range flag.fields {
			field := reflect.ValueOf(event).Elem().FieldByName(name)
			if !field.IsValid() {
				continue
			}
			value := fmt.Sprint(field)
			if values, ok := field.Interface().([]string); ok {
				value = strings.Join(values, ",")
			}
			words = append(words, flag.name+"="+value)
		}
	}
	return strings.Join(words, " ")
}
