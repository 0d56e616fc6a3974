package doctor_test

// Each fault that keeps notifications away, and what doctor says of it. The
// output is in docs/doctor.md.

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ascmarketplace/webhooks/asctest"
)

var update = flag.Bool("update", false, "write docs/doctor.md")

// faults are each of the ways in which an account can be ill.
var faults = []struct {
	name  string
	check string // the only one that says so
	ill   func(t *testing.T) *patient
}{
	{"private key of another key", "token", func(t *testing.T) *patient {
		p := newPatient(t)
		other := p.key
		other.Signer = signer(t)
		p.Key.File = p.keyFile(t, other)
		return p
	}},
	{"wrong issuer", "token", func(t *testing.T) *patient {
		p := newPatient(t)
		p.Key.IssuerID = "57246542-96fe-1a63-e053-000000000000"
		return p
	}},
	{"revoked key", "token", func(t *testing.T) *patient {
		p := newPatient(t)
		_ = p.fake.Update(func(s *asctest.State) { s.Keys = []asctest.Key{{}} })
		return p
	}},
	{"individual key with an issuer", "token", func(t *testing.T) *patient {
		p := newPatientOn(t, asctest.NewServer, asctest.Key{ID: "2X9R4HXF34", Signer: signer(t)})
		p.Key.IssuerID = issuerID
		return p
	}},
	{"clock 10 minutes off", "clock", func(t *testing.T) *patient {
		return newPatient(t, asctest.Settings{Skew: -10 * time.Minute})
	}},
	{"role too low", "role", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fake.FailNext(asctest.Fault{Status: 403, Times: -1})
		return p
	}},
	{"agreement missing", "agreements", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fake.FailNext(asctest.Fault{Status: 403, Code: "FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED", Times: -1})
		return p
	}},
	{"rate limit gone", "rate limit", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fake.FailNext(asctest.Fault{Status: 429, Header: http.Header{"Retry-After": {"1200"}}, Times: -1})
		return p
	}},
	{"unknown app", "app", func(t *testing.T) *patient {
		p := newPatient(t)
		p.AppID = "6478999999"
		return p
	}},
	{"webhook disabled", "webhook", func(t *testing.T) *patient {
		p := newPatient(t)
		_ = p.fake.Update(func(s *asctest.State) { s.Webhooks[0].Enabled = false })
		return p
	}},
	{"wrong secret at the receiver", "ping", func(t *testing.T) *patient {
		p := newPatient(t)
		p.receive(genuine(t, "another secret"))
		return p
	}},
	{"receiver that takes forgeries", "forgery", func(t *testing.T) *patient {
		p := newPatient(t)
		p.receive(always(http.StatusOK))
		return p
	}},
	{"receiver down", "endpoint", func(t *testing.T) *patient {
		p := newPatient(t)
		p.receiver.Store(nil)
		return p
	}},
	{"certificate expired", "endpoint", func(t *testing.T) *patient {
		p := newPatient(t)
		p.network = expired(t, genuine(t, secret))
		return p
	}},
	{"300 failed deliveries", "deliveries", func(t *testing.T) *patient {
		p := newPatient(t)
		p.fail(t, 300)
		return p
	}},
	{"old resource still there", "old webhook", func(t *testing.T) *patient {
		return newPatient(t, asctest.MarketplaceWebhook{EndpointURL: endpointURL, Secret: secret})
	}},
}

// expired reaches a TLS server on loopback whose certificate is no longer valid.
func expired(t *testing.T, handler http.Handler) http.RoundTripper {
	t.Helper()
	key := signer(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"marketplace.example"},
		NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
		},
	}
}

func TestExamineNamesTheFaultAndNoOther(t *testing.T) {
	t.Parallel()
	outputs := make([]string, len(faults))
	t.Run("faults", func(t *testing.T) {
		for i, fault := range faults {
			t.Run(fault.name, func(t *testing.T) {
				t.Parallel()
				p := fault.ill(t)
				findings := wrong(p.examine(t))
				if len(findings) != 1 || findings[0].Check != fault.check || findings[0].Advice == "" {
					t.Errorf("named %+v, want only %s", findings, fault.check)
				}
				for _, f := range findings {
					outputs[i] += "| " + fault.name + " | " + string(f.Status) + " | " + f.Check + " | " + f.Found + " | " + f.Advice + " |\n"
				}
			})
		}
	})
	checkPage(t, strings.Join(outputs, ""))
}

// checkPage compares the table in docs/doctor.md, or writes it with -update.
func checkPage(t *testing.T, table string) {
	t.Helper()
	const path, begin, end = "../../docs/doctor.md", "| what is wrong | status | check | found | what to do |\n|---|---|---|---|---|\n", "\n"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	got, after, foundEnd := strings.Cut(rest, "|\n"+end)
	if !found || !foundEnd {
		t.Fatalf("%s has no such table", path)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if got+"|\n" != table {
		t.Errorf("%s has another table (go test ./internal/doctor -update writes it):\n%s\nwant:\n%s", path, got, table)
	}
}
