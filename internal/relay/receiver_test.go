package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"monkit.example/reporters"
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
	r.receivers[0].process(t.Context(), [][]byte{[]byte(text.String())}, false)
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

func TestNewestRejectedLinesAreKept(t *testing.T) {
	var r Relay
	r.rejected.add("in", nil)
	if got := r.RejectedLines(); len(got) != 0 {
		t.Errorf("no rejected lines give %v", got)
	}
	reject := func(n int) {
		r.rejected.add("in", []reporters.RejectedLine{{Reason: ledger.Malformed, Text: fmt.Sprint(n), Err: errors.New("wrong")}})
	}
	for n := range maxRejectedLines {
		reject(n)
	}
	before := r.RejectedLines()
	reject(maxRejectedLines)
	for first, lines := range [][]ledger.RejectedLine{before, r.RejectedLines()} {
		if len(lines) != maxRejectedLines {
			t.Fatalf("%d lines are kept, want %d", len(lines), maxRejectedLines)
		}
		for i, l := range lines {
			if l.Text != fmt.Sprint(first+i) || l.Listener != "in" || l.Lines != 1 || l.Reason != ledger.Malformed || l.Err != "wrong" || l.At.IsZero() {
				t.Errorf("line %d is %+v", first+i, l)
			}
		}
	}
}
