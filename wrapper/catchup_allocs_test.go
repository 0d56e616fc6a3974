//go:build !race

package wrapper_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestCatchUpAllocations: 50,000 deliveries of which none is handed over.
func TestCatchUpAllocations(t *testing.T) {
	const pages = 250
	payload := strings.Repeat("x", 1000)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	page := 0
	created := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	client, _ := scripted(t, func(int, sentRequest) (int, string) {
		page++
		var a apple
		for i := range 200 {
			a.add(fmt.Sprintf("8a3a35a8-4fbb-4f7c-8b4a-%012d", page*1000+i), time.Now(), succeeded, func(delivery, event object) {
				delivery["id"] = fmt.Sprint("d", page*1000+i)
				delivery["attributes"].(object)["createdDate"] = created
				event["attributes"].(object)["payload"] = payload
			})
		}
		body := object{"data": a.deliveries, "included": a.events, "links": object{"self": ""}}
		if page < pages {
			body["links"] = object{"self": "", "next": fmt.Sprint("https://api.example/?cursor=", page)}
		}
		text, err := json.Marshal(body)
		if page%50 == 0 {
			a = apple{}
			most = max(most, heap())
		}
		if err != nil {
			t.Error(err)
		}
		return 200, string(text)
	})
	_, err := client.Webhooks.CatchUp(t.Context(), webhookID, time.Time{}, func(context.Context, []byte) error {
		return errors.New("handed over")
	})
	if err != nil || page != pages {
		t.Fatal(page, err)
	}
	if most = max(most, before) - before; most > 32<<20 {
		t.Errorf("%d MB", most>>20)
	}
	t.Logf("%d MB at most", most>>20)
}
