package reporters

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
	"unsafe"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

func TestBatchTextStaysInPlace(t *testing.T) {
	var b Batch
	var got []string
	for range 5 {
		got = append(got, b.Copy([]byte(strings.Repeat("x", blockSize/2))), b.Copy([]byte("small")))
	}
	for i, s := range got {
		if s[0] != "xs"[i%2] {
			t.Errorf("text %d became %q", i, s[:5])
		}
	}
}

func TestResetEmptiesBatch(t *testing.T) {
	var b Batch
	b.At, b.Interval, b.Format, b.Skipped = time.Now(), time.Second, "x", 1
	b.Points = append(b.Points, Point{Value: 1})
	b.AddLine(b.CopyBytes([]byte("line")), 0)
	b.Reject(ledger.Malformed, []byte("line"), errors.New("cause"))
	b.Reset()
	if !b.At.IsZero() || b.Interval != 0 || b.Format != "" || b.Skipped != 0 ||
		len(b.Points)+len(b.Lines)+len(b.RejectedLines) != 0 || b.Rejected.Sum() != 0 {
		t.Errorf("Reset left %+v", b)
	}
}

func TestResetOverwritesTextUnderRace(t *testing.T) {
	var b Batch
	text := b.Copy([]byte("text"))
	b.Reset()
	if overwritten := text != "text"; overwritten != poison {
		t.Errorf("poison is %v, the text is %q", poison, text)
	}
}

func TestBatchKeepsFewRejectedLinesAndCountsAll(t *testing.T) {
	var b Batch
	for range 100 {
		b.Reject(ledger.Malformed, []byte(strings.Repeat("y", 1000)), errors.New("cause"))
	}
	if n := b.Rejected[ledger.Malformed]; n != 100 {
		t.Errorf("counted %d lines, want 100", n)
	}
	if len(b.RejectedLines) != maxRejectedLines || len(b.RejectedLines[0].Text) != maxRejectedText {
		t.Errorf("kept %d lines of %d bytes", len(b.RejectedLines), len(b.RejectedLines[0].Text))
	}
}

// A page shows an example of each reason, whatever comes before it in the same read.
func TestBatchKeepsTheFirstRejectedLineOfEachReason(t *testing.T) {
	var b Batch
	for range maxRejectedLines + 4 {
		b.Reject(ledger.Malformed, []byte("bad"), errors.New("cause"))
	}
	for range 3 {
		b.RejectReadings(2, []byte("m:1|c:x|c:y|c"), []byte("x|c"), errors.New("cause"))
		b.Reject(ledger.Unsupported, []byte("m:1|q"), errors.New("cause"))
	}
	kept := map[ledger.Reason]int{}
	for _, l := range b.RejectedLines {
		kept[l.Reason]++
	}
	want := map[ledger.Reason]int{ledger.Malformed: maxRejectedLines, ledger.BadReading: 1, ledger.Unsupported: 1}
	if !maps.Equal(kept, want) || b.BadReadings != 6 {
		t.Errorf("kept %v with %d bad readings, want %v", kept, b.BadReadings, want)
	}
}

func TestCloneKeySharesNoTextWithTheBatch(t *testing.T) {
	var b Batch
	key := monkit.NewSeriesKey(b.Copy([]byte("m"))).WithTag(b.Copy([]byte("k")), b.Copy([]byte("v")))
	for _, key := range []monkit.SeriesKey{key, monkit.NewSeriesKey(b.Copy([]byte("bare")))} {
		c := CloneKey(key)
		if c.String() != key.String() {
			t.Errorf("the copy of %v is %v", key, c)
		}
		if unsafe.StringData(c.Measurement) == unsafe.StringData(key.Measurement) {
			t.Errorf("the copy of %v shares its measurement", key)
		}
		for i := range c.Tags.Len() {
			if got, was := c.Tags.At(i), key.Tags.At(i); unsafe.StringData(got.Key) == unsafe.StringData(was.Key) || unsafe.StringData(got.Val) == unsafe.StringData(was.Val) {
				t.Errorf("the copy of %v shares the tag %v", key, got)
			}
		}
	}
}
