package wrapper

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// newRequest builds the request of one attempt: the same bytes each time, but
// for the token. The generated client builds the same request, which a test
// checks; with it a call has eight more allocations and a binary 68 KiB more.
func (c *Client) newRequest(ctx context.Context, r request, token string) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	path := r.path
	if r.id != "" {
		path = strings.Replace(path, "{id}", url.PathEscape(r.id), 1)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.baseURL+path, body)
	if err != nil {
		return nil, err
	}
	// Four times Header.Set, with one allocation.
	values := []string{"Bearer " + token, "application/json", c.userAgent, "application/json"}
	req.Header["Authorization"] = values[0:1:1]
	req.Header["Accept"] = values[1:2:2]
	req.Header["User-Agent"] = values[2:3:3]
	if body != nil {
		req.Header["Content-Type"] = values[3:4:4]
	}
	return req, nil
}
