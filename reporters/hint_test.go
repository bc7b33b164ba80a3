package reporters

import "testing"

func TestResetForgetsHintsAndWeights(t *testing.T) {
	var b Batch
	hint := Hint{Name: "odd", Advice: "write it even"}
	for range 2 {
		p := Point{Kind: Sample}
		if w := b.Weight(&p); w != 1 {
			t.Errorf("a point has weight %v, want 1", w)
		}
		b.SetWeight(&p, 10)
		b.Points = append(b.Points, p)
		b.Hint(hint, 2)
		b.Hint(hint, 1)
		b.Listener = "x"
		if w, n := b.Weight(&b.Points[0]), b.Hints[hint]; w != 10 || n != 3 {
			t.Errorf("weight %v, hints %d; want 10 and 3", w, n)
		}
		b.Reset()
		if len(b.Hints) != 0 || b.Listener != "" {
			t.Errorf("after Reset there are hints %v of listener %q", b.Hints, b.Listener)
		}
	}
}
