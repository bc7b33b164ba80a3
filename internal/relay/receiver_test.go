package relay

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"monkit.example/internal/listen"
	"monkit.example/reporters"
	"monkit.example/reporters/graphite"
	"monkit.example/reporters/ledger"
)

func TestCutKeepsLinesWhole(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines string
		n     int
		want  int
	}{
		{"after the last line that fits", "ab\ncd\nef\n", 7, 6},
		{"a line that ends at the limit fits", "ab\ncd\nef\n", 6, 6},
		{"after the first line, if it is longer", "abcdef\ngh\n", 3, 7},
		{"a first line that ends one byte behind the limit", "abc\nde\n", 3, 4},
		{"lines without an end are one", "abcdef", 3, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := cut([]byte(tt.lines), tt.n); got != tt.want {
				t.Errorf("cut(%q, %d) = %d, want %d", tt.lines, tt.n, got, tt.want)
			}
		})
	}
}

// recorder records the bytes of each batch, the lines of all, and whether each
// was to be followed by more.
type recorder struct {
	fake
	more  []bool
	bytes []int
	text  strings.Builder
}

func (r *recorder) Report(_ context.Context, b *reporters.Batch) error {
	before := r.text.Len()
	r.more = append(r.more, b.More)
	for _, l := range b.Lines {
		r.text.Write(l.Raw)
		r.text.WriteByte('\n')
	}
	r.bytes = append(r.bytes, r.text.Len()-before)
	return nil
}

func TestBatchesAreBounded(t *testing.T) {
	rec := &recorder{}
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", rec}}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	var text strings.Builder
	for n := 0; text.Len() < 5*batchBytes/2; n++ {
		fmt.Fprintf(&text, "a.b %d 1700000000\n", n)
	}
	r.receivers[0].process(t.Context(), []listen.Text{{Lines: []byte(text.String())}}, false)
	if rec.text.String() != text.String() {
		t.Errorf("the batches have %d bytes, want %d", rec.text.Len(), text.Len())
	}
	if !slices.Equal(rec.more, []bool{true, true, false}) {
		t.Errorf("more follow the batches: %v", rec.more)
	}
	if len(rec.bytes) != 3 || rec.bytes[0] > batchBytes || rec.bytes[0] < batchBytes-100 || rec.bytes[1] > batchBytes {
		t.Errorf("the batches have %v bytes, want two of almost %d and the rest", rec.bytes, batchBytes)
	}
}

// payloads is a Sender that never blocks and keeps what it is sent.
type payloads struct {
	text strings.Builder
	more bool // the last payload is to be followed by another
}

func (p *payloads) Send(_ context.Context, payload []byte, _ int) error {
	p.text.Write(payload)
	p.more = false
	return nil
}

func (p *payloads) SendMore(_ context.Context, payload []byte, _ int) error {
	p.text.Write(payload)
	p.more = true
	return nil
}

func (p *payloads) Flush(context.Context) error { return nil }
func (p *payloads) Close(context.Context) error { return nil }

// A line that only passes through is not decoded, but what is sent, and what is
// counted, is the same.
func TestLinesPassThroughAsIfDecoded(t *testing.T) {
	texts := [][]byte{
		[]byte("a.b 1 1700000000\na.c 2 1700000000\n"),
		[]byte("bad\n\n \t\nno.time 3\na.d 4 1700000001\r\nnan nan 1700000000\n"),
		[]byte("a;x=y 5 1700000002\n" + strings.Repeat("long", 4000) + " 6 1700000000\na.e 7 -1\na.f 8 1700000003\n"),
	}
	for _, asSpans := range []bool{false, true} {
		out := &payloads{}
		p := reporters.NewPusher(graphite.NewCodec(graphite.Options{}), out, reporters.PusherOptions{MaxPayload: 64 << 10, Format: graphite.Format})
		r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", p}}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.closeUnused()
		rec := r.receivers[0]
		if rec.spans == nil {
			t.Fatal("lines would be decoded")
		}
		if !asSpans {
			rec.spans = nil
		}
		for i, text := range texts {
			rec.listener.Book().Receive(int64(strings.Count(string(text), "\n")))
			rec.process(t.Context(), []listen.Text{{Lines: text}}, i < len(texts)-1)
		}
		got := regexp.MustCompile(`(no.time 3|a.e 7) \d+`).ReplaceAllString(out.text.String(), "$1 NOW")
		want := "a.b 1 1700000000\na.c 2 1700000000\nno.time 3 NOW\na.d 4 1700000001\na;x=y 5 1700000002\na.e 7 NOW\na.f 8 1700000003\n"
		if got != want || out.more {
			t.Errorf("spans %v: sent %q, more %v", asSpans, got, out.more)
		}
		in, to := rec.ledger(), p.Ledger()
		if in.String() != "received=10 accepted=8 rejected=2(malformed=1,not_finite=1)" || in.Check() != nil {
			t.Errorf("spans %v: the listener counts %v", asSpans, in)
		}
		if to.String() != "accepted=8 delivered=7 dropped=1(oversize=1) pending=0" || to.Check() != nil {
			t.Errorf("spans %v: the destination counts %v", asSpans, to)
		}
	}
}

// Spans are for listeners all of whose destinations take them; datagrams skip the
// ring if no destination makes the reader wait.
func TestDestinationsDecideTheWayOfLines(t *testing.T) {
	for _, tt := range []struct {
		listen          string
		forward         []string
		inProcess       bool
		spans, promptly bool
	}{
		{"graphite+udp://127.0.0.1:0", []string{"graphite+tcp://127.0.0.1:1"}, false, true, true},
		{"graphite+udp://127.0.0.1:0", []string{"graphite+tcp://127.0.0.1:1", "influx+tcp://127.0.0.1:2"}, false, false, true},
		{"graphite+udp://127.0.0.1:0", []string{"graphite+tcp://127.0.0.1:1"}, true, false, false},
		{"pickle+tcp://127.0.0.1:0", []string{"graphite+tcp://127.0.0.1:1"}, false, true, true},
		{"statsd+udp://127.0.0.1:0", []string{"statsd+udp://127.0.0.1:1"}, false, true, true},
		{"statsd+udp://127.0.0.1:0", []string{"influx+tcp://127.0.0.1:1"}, false, false, false}, // aggregated
	} {
		cfg := Config{Listen: []string{tt.listen}, Forward: tt.forward}
		if tt.inProcess {
			cfg.Destinations = []Destination{{"d", &fake{}}}
		}
		r, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		rec := r.receivers[0]
		if spans, promptly := rec.spans != nil, all(rec.destinations, (*destination).isPrompt); spans != tt.spans || promptly != tt.promptly {
			t.Errorf("%s to %v: as spans %v, at once %v", tt.listen, tt.forward, spans, promptly)
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := errors.Join(r.Run(ended), r.Ledger().Check()); err != nil {
			t.Error(err)
		}
	}
}

// A listener goes on with the book of an earlier run, which the relay closes.
func TestBooksOfListenersAreTheCallers(t *testing.T) {
	book := ledger.NewListenerBook()
	book.Receive(3)
	book.Accept(3)
	var names []string
	r, err := New(Config{
		Listen: []string{"graphite+udp://127.0.0.1:0"}, Destinations: []Destination{{"d", &fake{}}},
		ListenerBook: func(name string) *ledger.ListenerBook {
			names = append(names, name)
			return book
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	if l := r.Ledger().Listeners[0]; l.Received != 3 || !slices.Equal(names, []string{l.Name}) {
		t.Errorf("the listener counts %v; books were asked for by %v", l, names)
	}
}
