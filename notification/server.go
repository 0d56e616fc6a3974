package notification

import (
	"net/http"
	"time"
)

// NewServer returns an http.Server for h that limits everything a client could
// hold open: 5 s for the headers, 10 s for the whole request, 60 s until the
// response is written, 60 s between requests, and 16 KiB of headers. [WithTimeout]
// bounds each of three steps, so above 15 s raise WriteTimeout as well, to
// three times as much and 15 s more, or a late response is lost. Any field may
// be changed before the server starts. Shutdown waits for requests in flight:
// give it ReadTimeout, three times the handler's timeout, and a second more,
// which is 41 s by default. Only a function that ignores its deadline takes longer.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
	}
}
