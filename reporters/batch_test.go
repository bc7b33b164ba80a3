package reporters

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBatchTextStaysWhereItIs(t *testing.T) {
	var b Batch
	var got []string
	for range 5 {
		got = append(got, b.Copy([]byte(strings.Repeat("x", chunkSize/2))), b.Copy([]byte("small")))
	}
	for i, s := range got {
		if s[0] != "xs"[i%2] {
			t.Errorf("text %d turned to %q", i, s[:5])
		}
	}
}

func TestBatchResetEmptiesAll(t *testing.T) {
	var b Batch
	b.At, b.Interval, b.Format = time.Now(), time.Second, "x"
	b.Points = append(b.Points, Point{Value: 1})
	b.AddLine(b.CopyBytes([]byte("line")), 0)
	b.Reject("malformed", []byte("bad"), errors.New("why"))
	b.Reset()
	if !b.At.IsZero() || b.Interval != 0 || b.Format != "" || len(b.Points)+len(b.Lines)+len(b.Bad) != 0 || b.RejectedLines() != 0 {
		t.Errorf("left: %+v", b)
	}
}

func TestBatchPoisonsKeptTextUnderRace(t *testing.T) {
	var b Batch
	kept := b.Copy([]byte("kept"))
	b.Reset()
	if poisoned := kept != "kept"; poisoned != poison {
		t.Errorf("poison is %v, text is %q", poison, kept)
	}
}

func TestBatchKeepsFewBadLinesButCountsAll(t *testing.T) {
	var b Batch
	for range 100 {
		b.Reject("malformed", []byte(strings.Repeat("y", 1000)), errors.New("why"))
	}
	if b.RejectedLines() != 100 || len(b.Bad) != maxBad || len(b.Bad[0].Text) != maxBadText {
		t.Errorf("counted %d, kept %d of %d bytes", b.RejectedLines(), len(b.Bad), len(b.Bad[0].Text))
	}
}
