package codectest

import (
	"bytes"
	"testing"
	"time"

	"monkit.example/reporters"
)

// CheckDecode decodes p, which may be any bytes, and checks that all whole lines
// are consumed; that each is accepted, rejected or skipped once; that points are
// finite and belong to lines; and that an accepted line, as it is kept, decodes to the
// same points and is kept as it is. It calls CheckScan too.
func CheckDecode(t testing.TB, c reporters.Codec, p []byte) {
	b := &reporters.Batch{At: time.Unix(second, 0)}
	CheckScan(t, c, p)
	n := c.Decode(b, p)
	if n != bytes.LastIndexByte(p, '\n')+1 {
		t.Fatalf("of %q it consumes %d bytes", p, n)
	}
	if got, want := int64(len(b.Lines))+b.Rejected.Sum()+b.Skipped, bytes.Count(p[:n], []byte{'\n'}); got != int64(want) {
		t.Fatalf("of %q %d lines are accepted, %d rejected and %d skipped", p, len(b.Lines), b.Rejected.Sum(), b.Skipped)
	}
	next := int32(0)
	for _, l := range b.Lines {
		if l.First != next || l.N < 0 {
			t.Fatalf("%q: a line has points %d to %d, the line before ended at %d", p, l.First, l.First+l.N, next)
		}
		next += l.N
		again := &reporters.Batch{At: time.Unix(second+1, 0)}
		c.Decode(again, append(bytes.Clone(l.Raw), '\n'))
		if !samePoints(again.Points, b.Points[l.First:next]) || again.Rejected.Sum() != 0 {
			t.Fatalf("%q is kept as %q, which decodes to %+v", p, l.Raw, again.Points)
		}
		if len(again.Lines) != 1 || !bytes.Equal(again.Lines[0].Raw, l.Raw) {
			t.Fatalf("%q is kept as %q, and that as %+v", p, l.Raw, again.Lines)
		}
	}
	if int(next) != len(b.Points) {
		t.Fatalf("%q: %d points, of which %d belong to lines", p, len(b.Points), next)
	}
	for i := range b.Points {
		if !reporters.Finite(b.Points[i].Value) {
			t.Fatalf("%q decodes to the value %v", p, b.Points[i].Value)
		}
		// The encoder may skip the point, but must not panic.
		c.AppendRun(nil, b.Points[i:i+1])
	}
}

func samePoints(a, b []reporters.Point) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key.WithField(a[i].Field) != b[i].Key.WithField(b[i].Field) || a[i].Value != b[i].Value || a[i].Kind != b[i].Kind {
			return false
		}
	}
	return true
}
