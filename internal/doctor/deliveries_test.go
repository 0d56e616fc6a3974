package doctor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
	"github.com/ascmarketplace/webhooks/internal/doctor"
)

// examineDeliveries is the one finding of the monitoring check.
func (p *patient) examineDeliveries(t *testing.T) (found doctor.Finding) {
	t.Helper()
	count := 0
	p.ExamineDeliveries(t.Context(), func(f doctor.Finding) { found, count = f, count+1 })
	if count != 1 {
		t.Fatalf("%d findings, want 1; the last is %+v", count, found)
	}
	return found
}

func (p *patient) expect(t *testing.T, status doctor.Status, found string) {
	t.Helper()
	if f := p.examineDeliveries(t); f.Status != status || !strings.Contains(f.Found, found) {
		t.Errorf("%+v, want %s with %q", f, status, found)
	}
}

// An event that is missed is no failure at once, and one that was caught up
// with is none.
func TestMonitoringDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPatientOn(t, asctest.NewPipeServer, asctest.Key{ID: "2X9R4HXF34", IssuerID: issuerID, Signer: signer(t)},
			asctest.Settings{Skew: 3 * time.Hour})
		start := time.Now().Add(3 * time.Hour) // by App Store Connect's clock
		p.Since = start
		p.expect(t, doctor.OK, "0 deliveries since")
		time.Sleep(time.Minute)
		p.fail(t, 2)
		p.expect(t, doctor.OK, "2 failed (502); 0 events have not been delivered")
		p.failPing(t)
		p.expect(t, doctor.OK, "3 failed (502); 0 events")
		time.Sleep(grace - time.Second)
		p.expect(t, doctor.OK, "0 events have not been delivered")
		time.Sleep(2 * time.Second)
		p.expect(t, doctor.Failure, "2 events have not been delivered for over 15 minutes")
		p.Since = start.Add(10 * time.Minute) // what catch-up wrote
		p.expect(t, doctor.OK, "0 deliveries since")
		p.Since = time.Time{}
		p.expect(t, doctor.Warning, "2 events were not delivered, and which of them were caught up with can't be known")
		p.Since = start.Add(-11 * 24 * time.Hour)
		p.expect(t, doctor.Failure, "2 events have not been delivered for over 15 minutes")
		if _, err := p.redeliverAll(t); err != nil {
			t.Fatal(err)
		}
		p.expect(t, doctor.Failure, "over ten days ago")
		p.Since = start
		p.expect(t, doctor.OK, "6 deliveries since")
		p.Since = time.Time{}
		p.expect(t, doctor.OK, "6 deliveries in the last ten days, 3 failed (502); no event awaits")
	})
}

// failPing has a ping refused, which nobody has to catch up with.
func (p *patient) failPing(t *testing.T) {
	t.Helper()
	recovered := p.receiver.Load()
	p.receive(always(502))
	if err := p.client(t).Webhooks.Ping(t.Context(), webhookID); err != nil {
		t.Fatal(err)
	}
	p.fake.Wait()
	p.receiver.Store(recovered)
}

const grace = 15 * time.Minute

func TestMonitoringWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	p := newPatient(t)
	_ = p.fake.Update(func(s *asctest.State) { s.Webhooks[0].Enabled = false })
	failures := 0
	p.ExamineDeliveries(t.Context(), func(f doctor.Finding) {
		if f.Status == doctor.Failure && strings.Contains(f.Found, "no enabled webhook") {
			failures++
		}
	})
	if failures != 1 {
		t.Errorf("a disabled webhook: %d failures", failures)
	}
	p.AppID = "6478999999"
	p.expect(t, doctor.Failure, "the app's webhooks can't be listed: 404 NOT_FOUND")
	p.Key.File = "there is no such file"
	p.expect(t, doctor.Failure, "no such file")
}
