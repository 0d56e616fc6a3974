package wrapper_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2Stage is how far a request gets before its fault strikes.
type h2Stage int

const (
	h2Good       h2Stage = iota // no fault
	h2OnHeaders                 // the body is not waited for, and nothing is carried out
	h2OnRequest                 // carried out, no response
	h2InResponse                // carried out, and half a response sent
)

var h2Stages = map[string]h2Stage{
	"before the body": h2OnHeaders, "after the request": h2OnRequest, "in the response": h2InResponse,
}

// h2Fault is what goes wrong with one request.
type h2Fault struct {
	stage  h2Stage
	way    h2Way
	code   http2.ErrCode
	denied bool // the GOAWAY says that this stream was not carried out, true or not
}

func (f h2Fault) String() string {
	switch f.way {
	case h2Reset:
		return fmt.Sprintf("RST_STREAM %v", f.code)
	case h2GoAway:
		return fmt.Sprintf("GOAWAY %v, denied %v", f.code, f.denied)
	default:
		return "cut"
	}
}

// strike ends the stream and reports whether the connection lives on.
func (f h2Fault) strike(framer *http2.Framer, id uint32) bool {
	switch f.way {
	case h2Reset:
		return framer.WriteRSTStream(id, f.code) == nil
	case h2GoAway:
		last := id
		if f.denied {
			last = 0
		}
		_ = framer.WriteGoAway(last, f.code, nil)
		return false
	default:
		return false
	}
}

type h2Way int

const (
	h2Reset  h2Way = iota // RST_STREAM
	h2GoAway              // GOAWAY, and the connection is closed
	h2Cut                 // the connection is closed
)

// h2Codes are the errors that a client tells apart, some others, and an unknown one.
var h2Codes = []http2.ErrCode{
	http2.ErrCodeNo, http2.ErrCodeProtocol, http2.ErrCodeInternal, http2.ErrCodeRefusedStream, http2.ErrCodeCancel,
	http2.ErrCodeEnhanceYourCalm, http2.ErrCodeHTTP11Required, http2.ErrCodeHTTP11Required + 1,
}

// h2Faults is every way in which a server can end a stream.
func h2Faults(stage h2Stage) []h2Fault {
	faults := []h2Fault{{stage: stage, way: h2Cut}}
	for _, code := range h2Codes {
		faults = append(faults, h2Fault{stage: stage, way: h2Reset, code: code},
			h2Fault{stage: stage, way: h2GoAway, code: code}, h2Fault{stage: stage, way: h2GoAway, code: code, denied: true})
	}
	return faults
}

// h2Server speaks HTTP/2 frame by frame, without TLS, so that it can do what
// no well-behaved server does.
type h2Server struct {
	url       string
	transport *http.Transport // knows that the server speaks HTTP/2
	handler   http.Handler
	fault     func() h2Fault
	listener  net.Listener
	wait      sync.WaitGroup
}

func (s *h2Server) close() {
	_ = s.listener.Close()
	s.transport.CloseIdleConnections()
	s.wait.Wait()
}

func (s *h2Server) serve(conn net.Conn) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	streams := map[uint32]*h2Stream{}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				_ = framer.WritePing(true, frame.Data)
			}
		case *http2.MetaHeadersFrame:
			stream := &h2Stream{fault: s.fault(), req: h2Request(frame)}
			if stream.fault.stage == h2OnHeaders {
				if !stream.fault.strike(framer, frame.StreamID) {
					return
				}
				continue
			}
			streams[frame.StreamID] = stream
			if frame.StreamEnded() && !s.respond(framer, frame.StreamID, stream) {
				return
			}
		case *http2.DataFrame:
			_ = framer.WriteWindowUpdate(0, max(1, uint32(len(frame.Data()))))
			stream := streams[frame.StreamID]
			if stream == nil {
				continue
			}
			stream.body.Write(frame.Data())
			if frame.StreamEnded() && !s.respond(framer, frame.StreamID, stream) {
				return
			}
		}
	}
}

// respond carries the request out and reports whether the connection lives on.
func (s *h2Server) respond(framer *http2.Framer, id uint32, stream *h2Stream) bool {
	stream.req.Body = io.NopCloser(&stream.body)
	stream.req.ContentLength = int64(stream.body.Len())
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, stream.req)
	if stream.fault.stage == h2OnRequest {
		return stream.fault.strike(framer, id)
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(recorder.Code)})
	for name, values := range recorder.Header() {
		for _, value := range values {
			_ = encoder.WriteField(hpack.HeaderField{Name: string(bytes.ToLower([]byte(name))), Value: value})
		}
	}
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true})
	body := recorder.Body.Bytes()
	if stream.fault.stage == h2InResponse {
		_ = framer.WriteData(id, false, body[:len(body)/2])
		return stream.fault.strike(framer, id)
	}
	return framer.WriteData(id, true, body) == nil
}

// newH2Server returns a server that asks fault about every request.
func newH2Server(handler http.Handler, fault func() h2Fault) (*h2Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &h2Server{url: "http://" + listener.Addr().String(), handler: handler, fault: fault, listener: listener}
	s.transport = &http.Transport{Protocols: new(http.Protocols)}
	s.transport.Protocols.SetUnencryptedHTTP2(true)
	s.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.wait.Go(func() { s.serve(conn) })
		}
	})
	return s, nil
}

// h2Stream is a request of which the headers have arrived.
type h2Stream struct {
	fault h2Fault
	req   *http.Request
	body  bytes.Buffer
}

func h2Request(frame *http2.MetaHeadersFrame) *http.Request {
	url := "http://" + frame.PseudoValue("authority") + frame.PseudoValue("path")
	req := httptest.NewRequest(frame.PseudoValue("method"), url, nil)
	for _, field := range frame.RegularFields() {
		req.Header.Add(field.Name, field.Value)
	}
	return req
}
