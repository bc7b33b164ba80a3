package relay

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/reporters"
)

func closeForward(t *testing.T, f *Forward) {
	t.Helper()
	if err := f.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestForwardTakesLinesOfItsFormat(t *testing.T) {
	for _, tt := range []struct{ addr, format, err string }{
		{"graphite+tcp://h:1", "graphite", ""},
		{"graphite+tcp://h:1", "", ""},
		{"graphite+tcp://h:1", "pickle", ""},
		{"pickle+tcp://h:1", "graphite", ""},
		{"otlp+http://h:1", "otlp", ""},
		{"graphite+tcp://h:1", "influx", `address "graphite+tcp://h:1": the lines are influx; write an address that begins with influx+`},
		{"influx+http://h:1/write?db=x", "pickle", "the lines are graphite; write an address that begins with pickle+"},
		{"graphite+tcp://h", "graphite", "no port"},
		{"tcp://h:1", "graphite", "no format"},
		{"influx+http://u:geheim@h:1/", "graphite", "the lines are graphite"},
	} {
		f, err := OpenForward(tt.addr, tt.format, reporters.SendOptions{})
		if (err == nil) != (tt.err == "") || err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "geheim")) {
			t.Errorf("%s for %s: %v, want %q", tt.addr, tt.format, err, tt.err)
		}
		if err == nil {
			closeForward(t, f)
		}
	}
}

// TestForwardKnowsTheSizeOfDatagrams compares it with what a reporter cuts a batch
// into.
func TestForwardKnowsTheSizeOfDatagrams(t *testing.T) {
	sinks := map[string]*faultsink.Sink{"udp": faultsink.NewUDP(t)}
	if filepath.Separator == '/' {
		sinks["unixgram"] = faultsink.NewUnixgram(t)
	}
	b := &reporters.Batch{Format: "graphite"}
	for range 2000 {
		b.Lines = append(b.Lines, reporters.Line{Raw: []byte("abc 1 1")})
	}
	for transport, sink := range sinks {
		f, err := OpenForward("graphite+"+transport+"://"+sink.Addr(), "", reporters.SendOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Report(t.Context(), b); err != nil {
			t.Error(err)
		}
		closeForward(t, f)
		sink.WaitLines(len(b.Lines))
		if got := len(sink.Payloads()[0]); got > f.MaxDatagram || got < f.MaxDatagram-len("abc 1 1\n") {
			t.Errorf("%s: %d bytes, and MaxDatagram is %d", transport, got, f.MaxDatagram)
		}
	}
	f, err := OpenForward("graphite+tcp://h:1", "", reporters.SendOptions{})
	if err != nil || f.MaxDatagram != 0 {
		t.Fatalf("tcp: %v", err)
	}
	closeForward(t, f)
}

// TestForwardSendsPayloadsUnchanged passes lines that were made before.
func TestForwardSendsPayloadsUnchanged(t *testing.T) {
	sink := faultsink.NewTCP(t)
	f, err := OpenForward("graphite+tcp://"+sink.Addr(), "graphite", reporters.SendOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Send(t.Context(), []byte("a 1 1\nb 2 1\n"), 5); err != nil {
		t.Fatal(err)
	}
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l := f.Ledger(); l.Delivered != 5 || l.Accepted != 5 || l.Check() != nil {
		t.Errorf("ledger %v", l)
	}
	closeForward(t, f)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Send(ended, []byte("c 3 1\n"), 1); err == nil {
		t.Error("Send works after Close")
	}
	if l := f.Ledger(); l.Accepted != 6 || l.Dropped.Sum() != 1 || l.Check() != nil {
		t.Errorf("ledger %v", l)
	}
	if got := strings.Join(sink.WaitLines(2), "|"); got != "a 1 1|b 2 1" {
		t.Errorf("arrived %q", got)
	}
}
