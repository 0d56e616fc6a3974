package notification_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/ascmarketplace/webhooks/notification"
)

func TestServerHasEveryLimit(t *testing.T) {
	h := http.NotFoundHandler()
	server := notification.NewServer("localhost:8080", h)
	if server.Addr != "localhost:8080" || server.Handler == nil {
		t.Errorf("got %q, %v", server.Addr, server.Handler)
	}
	value := reflect.ValueOf(server).Elem()
	for _, limit := range []string{"ReadHeaderTimeout", "ReadTimeout", "WriteTimeout", "IdleTimeout", "MaxHeaderBytes"} {
		if value.FieldByName(limit).Int() <= 0 {
			t.Errorf("no %s", limit)
		}
	}
}
