package faultsink

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dial(t *testing.T, network, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStreamsRecordWholeLines(t *testing.T) {
	for _, tt := range []struct {
		name string
		sink *Sink
		net  string
		want []string
	}{
		{"tcp", NewTCP(t), "tcp", []string{"a 1", "b 2"}},
		{"unix", NewUnix(t), "unix", []string{"a 1", "b 2"}},
		{"slow", NewTCP(t, Slow(1, time.Microsecond)), "tcp", []string{"a 1", "b 2"}},
		{"half closed", NewTCP(t, HalfClose()), "tcp", []string{"a 1", "b 2"}},
		{"closed in a line", NewTCP(t, ReadThenClose(6)), "tcp", []string{"a 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, tt.net, tt.sink.Addr(), "a 1\nb 2\nc")
			tt.sink.WaitLines(len(tt.want))
			c.Close()
			if got := tt.sink.Lines(); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestResetAtEndWaitsForTheEnd(t *testing.T) {
	s := NewTCP(t, ResetAtEnd())
	c := dial(t, "tcp", s.Addr(), "a 1\n")
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("before the end: %v, want no reset", err)
	}
	c.(*net.TCPConn).CloseWrite()
	c.SetReadDeadline(time.Time{})
	if _, err := c.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("after the end: %v, want a reset", err)
	}
}

func TestScriptHasOneStepPerConnection(t *testing.T) {
	s := NewTCP(t, Reset(), ReadAll())
	if c, err := net.Dial("tcp", s.Addr()); err == nil { // dialing fails if the reset arrives first
		defer c.Close()
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("the first connection was not reset")
		}
	}
	s.WaitVisits(1)
	dial(t, "tcp", s.Addr(), "a\n")
	dial(t, "tcp", s.Addr(), "b\n")
	s.WaitLines(2)
	if s.Visits() != 3 {
		t.Errorf("%d visits, want 3", s.Visits())
	}
}

func TestDatagramEndsItsLastLine(t *testing.T) {
	for network, s := range map[string]*Sink{"udp": NewUDP(t), "unixgram": NewUnixgram(t)} {
		dial(t, network, s.Addr(), "a\nb")
		s.WaitLines(2)
		if got := s.Payloads(); !slices.Equal(got, []string{"a\nb"}) {
			t.Errorf("%s: the payloads are %q, want one", network, got)
		}
	}
}

func TestRepliesStoreAndRespond(t *testing.T) {
	for _, tt := range []struct {
		name   string
		reply  Reply
		body   string
		status int
		lines  int
	}{
		{"ok", OK(), "a\nb\n", 204, 2},
		{"refused", Refuses(400, "no"), "a\n", 400, 0},
		{"stored in spite of the status", Stores(500, "partial write"), "a\n", 500, 1},
		{"small enough", TooLarge(2), "a\n", 204, 1},
		{"too large", TooLarge(1), "a\n", 413, 0},
		{"strict", Strict("x"), "a\nx\n", 400, 0},
		{"too many", TooMany("3"), "a\n", 429, 0},
		{"plain for a server without gzip", NoGzip(OK(), 415, ""), "a\n", 204, 1},
		{"InfluxDB 1", Influx1("x"), "a\nx\nb\n", 400, 2},
		{"InfluxDB 1, all good", Influx1("x"), "a\nb\n", 204, 2},
		{"InfluxDB 2", Influx2("x", 1), "a\nx\nb\n", 400, 0},
		{"InfluxDB 2, all good", Influx2("x", 1), "a\nb\n", 204, 2},
		{"InfluxDB 3, partial", Influx3("x", true), "a\nx\nb\n", 400, 2},
		{"InfluxDB 3, all or nothing", Influx3("x", false), "a\nx\nb\n", 400, 0},
		{"InfluxDB 3, all good", Influx3("x", false), "a\nb\n", 204, 2},
		{"late", Late(0), "a\n", 204, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer http.DefaultClient.CloseIdleConnections()
			s := NewHTTP(t, tt.reply)
			resp, err := http.Post("http://"+s.Addr(), "text/plain", strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.status || len(s.Lines()) != tt.lines {
				t.Errorf("status %d and lines %q, want status %d and %d lines", resp.StatusCode, s.Lines(), tt.status, tt.lines)
			}
		})
	}
}

func TestInfluxDBNamesLines(t *testing.T) {
	for _, tt := range []struct {
		name  string
		reply Reply
		body  string
		want  string
	}{
		{"1", Influx1("x"), "a\nx\nyx\n", `{"error":"partial write: unable to parse 'x': invalid number\nunable to parse 'yx': invalid number dropped=0"}`},
		{"1, none is good", Influx1("x"), "x\n", `{"error":"unable to parse 'x': invalid number"}`},
		{"2", Influx2("x", 1), "a\nx\nyx\n", `{"code":"invalid","message":"unable to parse 'x': invalid number"}`},
		{"3, partial", Influx3("x", true), "a\nx\n", `{"data":[{"original_line":"x","line_number":2,"error_message":"invalid number"}],"error":"partial write of line protocol occurred"}`},
		{"3, all or nothing", Influx3("x", false), "x\nyx\n", `{"data":{"original_line":"x","line_number":1,"error_message":"invalid number"},"error":"parsing failed for write_lp endpoint"}`},
	} {
		rec := httptest.NewRecorder()
		tt.reply(rec, httptest.NewRequest("POST", "/", nil), tt.body, nil)
		if got := rec.Body.String(); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestSocketsAreRemovedAfterTheTest(t *testing.T) {
	var addr string
	t.Run("inner", func(t *testing.T) { addr = NewUnix(t, NeverRead()).Addr() })
	if _, err := os.Stat(addr); err == nil {
		t.Errorf("%s still exists", addr)
	}
}
