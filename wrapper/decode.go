package wrapper

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// maxBody caps what is read of a response, after decompression. Apple's are
// below 10 KB, but for lists of deliveries.
const maxBody = 1 << 20

var errTooLarge = errors.New("the body is too large")

// response is what came back to one attempt.
type response struct {
	status    int
	header    http.Header
	body      []byte
	err       error     // the body ended early or was too large
	at        time.Time // of arrival
	date      time.Time // by the sender's clock; zero if unknown
	requestID string
	rateLimit RateLimit
}

// read reads the whole response, up to limit bytes of its body.
func (c *Client) read(resp *http.Response, limit int) response {
	got := response{status: resp.StatusCode, header: resp.Header, at: time.Now()}
	if resp.Body != nil {
		defer resp.Body.Close()
	}
	// Below 200 the body is a connection under another protocol, which no context ends.
	if resp.Body != nil && resp.StatusCode >= 200 {
		got.body, got.err = readCapped(resp.Body, resp.ContentLength, limit)
	}
	if date := got.header.Get("Date"); date != "" {
		got.date, _ = http.ParseTime(date)
		c.noteDate(got.date, got.at)
	}
	got.rateLimit = parseRateLimit(got.header["X-Rate-Limit"], got.at)
	c.noteRateLimit(got.rateLimit)
	return got
}

// readCapped is io.ReadAll with a cap and one allocation for a body whose
// size is known (negative: unknown).
func readCapped(r io.Reader, size int64, limit int) ([]byte, error) {
	body := make([]byte, 0, min(max(size, 0), int64(limit))+512)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > limit:
			return body[:limit], errTooLarge
		case err == io.EOF:
			return body, nil
		case err != nil:
			return body, err
		}
		body = slices.Grow(body, 1)
	}
}

// requestID returns what Apple's support asks for. The headers' names are seen
// live, not documented.
func requestID(header http.Header) string {
	if id := header.Get("X-Request-Id"); id != "" {
		return id
	}
	return header.Get("X-Apple-Request-Uuid")
}

// decode reads one JSON value. Unknown members are ignored, since Apple adds
// some without notice. Its error quotes nothing of the body.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s has the wrong JSON type", cmp.Or(mistyped.Field, "the body"))
	}
	if err != nil {
		return errors.New("the body is not complete JSON")
	}
	return nil
}
