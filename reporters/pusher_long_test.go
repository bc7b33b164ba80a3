package reporters

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

// A datagram that is larger than others is better than none.
func TestLineLargerThanAPayloadIsOneOfItsOwn(t *testing.T) {
	lines := []string{"a", "bbbbbb", strings.Repeat("c", 15), "d", strings.Repeat("e", 19), strings.Repeat("f", 19), "g", strings.Repeat("h", 20), "i"}
	want := "a\nbbbbbb\n|" + lines[2] + "\n|d\n|" + lines[4] + "\n|" + lines[5] + "\n|g\n|i\n"
	for name, report := range map[string]func(p *Pusher) error{
		"lines": func(p *Pusher) error { return p.Report(t.Context(), received("f", lines...)) },
		"spans": func(p *Pusher) error {
			return p.ReportSpans(t.Context(), &Batch{Format: "f", Spans: []Span{span(strings.Join(lines[:4], "\n") + "\n"), span(strings.Join(lines[4:], "\n") + "\n")}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var q queue
			p := NewPusher(lineEncoder{}, &q, PusherOptions{MaxPayload: 10, MaxLine: 20, Format: "f"})
			if err := report(p); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(q.payloads, "|"); got != want {
				t.Errorf("payloads are %q, want %q", got, want)
			}
			checkLedger(t, p, ledger.Ledger{Accepted: 9, Delivered: 8, Dropped: ledger.Counts{ledger.Oversize: 1}})
		})
	}
}

// commas is an encoder with several values in a line, between commas.
type commas struct{ lineEncoder }

func (commas) AppendSplit(dst, line []byte, limit int) ([]byte, bool) {
	out, start := dst, len(dst)
	for value := range bytes.SplitSeq(line[:len(line)-1], []byte{','}) {
		if len(value) >= limit {
			return dst, false
		}
		switch {
		case len(out) == start:
		case len(out)-start+len(value)+2 > limit:
			out = append(out, '\n')
			start = len(out)
		default:
			out = append(out, ',')
		}
		out = append(out, value...)
	}
	return append(out, '\n'), true
}

func TestLongLinesAreSplitIfTheFormatCan(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"a,b,c", "a,b,c\n"},
		{"1111,2222,3333,4444,5", "1111,2222\n|3333,4444\n|5\n"},
		{"111111111111,2,3", "111111111111,2,3\n"},                   // alone, as it cannot be split for a payload
		{"111111111111,2,3333333,4", "111111111111,2\n|3333333,4\n"}, // over MaxLine, and split for that
		{"1,2222222222222222222222222", ""},
	} {
		for name, spans := range map[string]bool{"line": false, "span": true} {
			var q queue
			p := NewPusher(commas{}, &q, PusherOptions{MaxPayload: 10, MaxLine: 20, Format: "f"})
			var err error
			if spans {
				err = p.ReportSpans(t.Context(), &Batch{Format: "f", Spans: []Span{span(tt.line + "\n")}})
			} else {
				err = p.Report(t.Context(), received("f", tt.line))
			}
			if got := strings.Join(q.payloads, "|"); got != tt.want || err != nil {
				t.Errorf("%s %q: payloads %q, %v, want %q", name, tt.line, got, err, tt.want)
			}
			want := ledger.Ledger{Accepted: 1, Delivered: 1}
			if tt.want == "" {
				want = ledger.Ledger{Accepted: 1, Dropped: ledger.Counts{ledger.Oversize: 1}}
			}
			checkLedger(t, p, want)
		}
	}
}

func TestLinesTooLongToBeSentAreKeptAndLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := NewPusher(lineEncoder{}, &recorder{}, PusherOptions{MaxPayload: 1000, MaxLine: 500, Format: "f", Name: "f+tcp://h:1", Logger: slog.New(slog.NewTextHandler(&log, nil))})
		report := func(line string) {
			t.Helper()
			if err := p.Report(t.Context(), received("f", "short", line)); err != nil {
				t.Fatal(err)
			}
		}
		report("fits")
		if got := p.RejectedLines(); len(got) > 0 || log.Len() > 0 {
			t.Errorf("kept %v, logged %s", got, &log)
		}
		for i := range 3 * maxLongLines {
			report(strings.Repeat(string(rune('a'+i%26)), 600+i))
		}
		got := p.RejectedLines()
		if len(got) != maxLongLines {
			t.Fatalf("%d lines are kept, want %d", len(got), maxLongLines)
		}
		last := got[len(got)-1]
		if last.Reason != ledger.Oversize || last.Lines != 1 || last.Destination != "f+tcp://h:1" || last.Text != strings.Repeat("h", 200) || !last.At.Equal(time.Now()) ||
			last.Err != "the line has 660 bytes; at most 500 can be sent to this destination" {
			t.Errorf("the last one kept is %+v", last)
		}
		if n := strings.Count(log.String(), "too long to be sent"); n != 1 || !strings.Contains(log.String(), "f+tcp://h:1") || !strings.Contains(log.String(), "the line has 601 bytes") {
			t.Errorf("%d records in a moment:\n%s", n, &log)
		}
		time.Sleep(time.Minute)
		report("fits")
		report("fits")
		if n := strings.Count(log.String(), "too long to be sent"); n != 2 || !strings.Contains(log.String(), "the line has 660 bytes") {
			t.Errorf("%d records after a minute:\n%s", n, &log)
		}
		checkLedger(t, p, ledger.Ledger{Accepted: 126, Delivered: 66, Dropped: ledger.Counts{ledger.Oversize: 60}})
	})
}

// Agents write addresses and headers into tags and fields. The password of an address
// is known by the @ behind it, which may be far from where the line is cut.
func TestLongLinesAndExamplesShowNoCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := "m,url=" + strings.Repeat("x", 160) + "postgres://u:123456789@h/ v="
		for _, line := range []string{
			`m url="https://u:123456789@h/",hdr="Authorization: Bearer 123456789",v=`,
			"m,password=123456789 v=", cut + "=",
		} {
			line += strings.Repeat("1", 600)
			var log bytes.Buffer
			p := NewPusher(lineEncoder{}, &recorder{}, PusherOptions{MaxPayload: 1000, MaxLine: 500, Format: "f", Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err := p.Report(t.Context(), received("f", "short", line)); err != nil {
				t.Fatal(err)
			}
			p.keepExample(ledger.NotFinite, []byte(line), nil)
			got := p.RejectedLines()
			if len(got) != 2 || !strings.Contains(log.String(), "line=") {
				t.Fatalf("the lines are %+v, the log is %s", got, &log)
			}
			if shown := fmt.Sprint(got, log.String()); strings.Contains(shown, "1234") || strings.Count(shown, "xxxxx") < 3 || len(got[0].Text) > 200 || len(got[1].Text) > 200 {
				t.Errorf("%s", shown)
			}
		}
	})
}
