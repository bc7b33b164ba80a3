package reporters

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"monkit.example/reporters/ledger"
)

// queue is a MoreSender that records which payloads were sent as more.
type queue struct {
	recorder
	calls []string
}

func (q *queue) Send(ctx context.Context, p []byte, lines int) error {
	q.calls = append(q.calls, fmt.Sprintf("send %d", lines))
	if len(p) == 0 {
		return nil
	}
	return q.recorder.Send(ctx, p, lines)
}

func (q *queue) SendMore(ctx context.Context, p []byte, lines int) error {
	q.calls = append(q.calls, fmt.Sprintf("more %d", lines))
	return q.recorder.Send(ctx, p, lines)
}

func (q *queue) take() string {
	calls := strings.Join(q.calls, " ")
	q.calls = nil
	return calls
}

func span(text string) Span {
	longest := 0
	for line := range strings.Lines(text) {
		longest = max(longest, len(line))
	}
	return Span{Text: []byte(text), Lines: strings.Count(text, "\n"), Longest: longest}
}

func TestSpansAreCutIntoPayloads(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spans []string
		want  []string
	}{
		{"small spans are joined", []string{"a\n", "b\nc\n"}, []string{"a\nb\nc\n"}},
		{"a full payload is sent", []string{"aaaa\n", "bbbb\n"}, []string{"aaaa\nbbbb\n"}},
		{"a line that does not fit is in the next", []string{"aaaa\n", "bbbbb\n"}, []string{"aaaa\n", "bbbbb\n"}},
		{"a span is cut at a line end", []string{"a\n", "bbb\nccc\ndd\n"}, []string{"a\nbbb\nccc\n", "dd\n"}},
		{"a large span is cut into several", []string{"aaa\nbbb\nccc\nddd\neee\n"}, []string{"aaa\nbbb\n", "ccc\nddd\n", "eee\n"}},
		{"the longest line fits", []string{"aaaaaaaaa\nb\n"}, []string{"aaaaaaaaa\n", "b\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var q queue
			p := NewPusher(lineEncoder{}, &q, PusherOptions{MaxPayload: 10, Format: "f"})
			b := &Batch{Format: "f"}
			lines := int64(0)
			for _, text := range tt.spans {
				b.Spans = append(b.Spans, span(text))
				lines += int64(strings.Count(text, "\n"))
			}
			if err := p.ReportSpans(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(q.payloads, "|"); got != strings.Join(tt.want, "|") {
				t.Errorf("payloads are %q, want %q", q.payloads, tt.want)
			}
			if last := q.calls[len(q.calls)-1]; !strings.HasPrefix(last, "send") {
				t.Errorf("calls are %v: the sender waits for more", q.calls)
			}
			checkLedger(t, p, ledger.Ledger{Accepted: lines, Delivered: lines})
		})
	}
}

func TestLongLinesOfSpansAreDropped(t *testing.T) {
	var q queue
	p := NewPusher(lineEncoder{}, &q, PusherOptions{MaxPayload: 100, MaxLine: 6, Format: "f"})
	if err := p.ReportSpans(t.Context(), &Batch{Format: "f", Spans: []Span{span("a\nbbbbbb\nccccc\n"), span("d\n")}}); err != nil {
		t.Fatal(err)
	}
	if got := q.text(); got != "a\nccccc\nd\n" {
		t.Errorf("sent %q", got)
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 4, Delivered: 3, Dropped: ledger.Counts{ledger.Oversize: 1}})
}

// A batch with More waits for the next, for a Flush or for the end.
func TestMoreIsNotSentAtOnce(t *testing.T) {
	for name, end := range map[string]func(p *Pusher) error{
		"empty batch":    func(p *Pusher) error { return p.ReportSpans(t.Context(), &Batch{Format: "f"}) },
		"batch of lines": func(p *Pusher) error { return p.Report(t.Context(), &Batch{Format: "f"}) },
		"flush":          func(p *Pusher) error { return p.Flush(t.Context()) },
		"close":          func(p *Pusher) error { return p.Close(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			var q queue
			p := NewPusher(lineEncoder{}, &q, PusherOptions{MaxPayload: 20, Format: "f"})
			b := &Batch{Format: "f", More: true, Spans: []Span{span("aaaaaa\n"), span("aaaaaa\n")}}
			if err := p.ReportSpans(t.Context(), b); err != nil || len(q.calls) > 0 {
				t.Fatalf("calls are %v, %v", q.calls, err)
			}
			if l := p.Ledger(); l.Pending != 2 || l.Check() != nil {
				t.Errorf("the ledger is %v", l)
			}
			b.Spans = []Span{span("bbbbbbb\n")}
			if err := p.ReportSpans(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if got := q.take(); got != "more 2" {
				t.Errorf("a full payload is passed on by %q", got)
			}
			if err := end(p); err != nil {
				t.Fatal(err)
			}
			if got := q.take(); got != "send 1" {
				t.Errorf("the rest is passed on by %q", got)
			}
		})
	}
}

// A span that was sent from where it is leaves nothing to send, and still the
// sender must learn that no more follows.
func TestSenderLearnsThatNoMoreFollows(t *testing.T) {
	var q queue
	p := NewPusher(lineEncoder{}, &q, PusherOptions{MaxPayload: 10, Format: "f"})
	if err := p.ReportSpans(t.Context(), &Batch{Format: "f", Spans: []Span{span("aaaaaaa\n")}}); err != nil {
		t.Fatal(err)
	}
	if got := q.take(); got != "more 1 send 0" {
		t.Errorf("calls are %q", got)
	}
}

func TestSpansAreDroppedByAFailedSender(t *testing.T) {
	r := &recorder{err: &ledger.Error{Reason: ledger.Closed, Err: context.Canceled}}
	p := NewPusher(lineEncoder{}, r, PusherOptions{MaxPayload: 10, Format: "f"})
	if p.IsPrompt() {
		t.Error("a Sender that may block is prompt")
	}
	if err := p.ReportSpans(t.Context(), &Batch{Format: "f", Spans: []Span{span("a\nb\n")}}); err == nil {
		t.Error("no error")
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 2, Dropped: ledger.Counts{ledger.Closed: 2}})
}

func TestReportingSpansAllocatesNothing(t *testing.T) {
	p := NewPusher(lineEncoder{}, discardMore{}, PusherOptions{MaxPayload: 64 << 10, Format: "f"})
	b := &Batch{Format: "f"}
	text := string(bytes.Repeat([]byte("a.b.c 1 1700000000\n"), 75))
	for range 32 {
		b.Spans = append(b.Spans, span(text))
	}
	if n := testing.AllocsPerRun(100, func() { p.ReportSpans(t.Context(), b) }); n != 0 {
		t.Errorf("32 spans cost %v allocations", n)
	}
}

// discardMore is a MoreSender that accepts everything.
type discardMore struct{}

func (discardMore) Send(context.Context, []byte, int) error     { return nil }
func (discardMore) SendMore(context.Context, []byte, int) error { return nil }
func (discardMore) Flush(context.Context) error                 { return nil }
func (discardMore) Close(context.Context) error                 { return nil }

// signed is an encoder some of whose lines, those with a minus, need a zero before them.
type signed struct{ lineEncoder }

func (signed) Pairs(first, second []byte) bool { return first[0] == '0' && second[0] == '-' }

// What a run that was split has left may settle no line, since its last line was too
// long: what is sent before a pair then settles none either.
func TestRestOfASplitLineSettlesNone(t *testing.T) {
	var q queue
	p := NewPusher(signed{}, &q, PusherOptions{MaxPayload: 10, MaxLine: 8, Format: "f"})
	b := &Batch{Format: "f", More: true}
	b.AddLine(b.CopyBytes([]byte("a\n0\nmuch too long")), 0)
	if err := p.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 1, Dropped: ledger.Counts{ledger.Oversize: 1}})
	if err := p.ReportSpans(t.Context(), &Batch{Format: "f", Spans: []Span{span("-56789\n")}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(q.payloads, "|"); got != "a\n|0\n-56789\n" {
		t.Errorf("payloads are %q", q.payloads)
	}
	if got := q.take(); got != "more 0 send 1" {
		t.Errorf("calls are %q", got)
	}
	checkLedger(t, p, ledger.Ledger{Accepted: 2, Delivered: 1, Dropped: ledger.Counts{ledger.Oversize: 1}})
}
