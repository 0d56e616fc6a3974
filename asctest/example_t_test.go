package asctest_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ascmarketplace/webhooks/asctest"
)

// example is a TB for examples, which have no *testing.T.
type example struct{ cleanups []func() }

func begin() *example { return &example{} }

func (e *example) end() {
	for _, f := range slices.Backward(e.cleanups) {
		f()
	}
}

func (e *example) Helper() {}

func (e *example) Cleanup(f func()) { e.cleanups = append(e.cleanups, f) }

func (e *example) Errorf(format string, args ...any) {
	fmt.Printf("test failed: "+format+"\n", args...)
}

func (e *example) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// call sends one request with a fresh token and returns the response's status.
func call(client *http.Client, key asctest.Key, method, url, body string) int {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims(key))
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(key.Signer)
	if err != nil {
		panic(err)
	}
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+signed)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}
