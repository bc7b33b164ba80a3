package reporters

import "testing"

func TestResetForgetsHints(t *testing.T) {
	var b Batch
	hint := Hint{Name: "odd", Advice: "write it even"}
	for range 2 {
		p := Point{Kind: Sample}
		if w := p.Weight(); w != 1 {
			t.Errorf("a point has weight %v, want 1", w)
		}
		p.SetWeight(10)
		b.Points = append(b.Points, p)
		b.Hint(hint, 2)
		b.Hint(hint, 1)
		b.Listener = "x"
		if w, n := b.Points[0].Weight(), b.Hints[hint]; w != 10 || n != 3 {
			t.Errorf("weight %v, hints %d; want 10 and 3", w, n)
		}
		b.Reset()
		if len(b.Hints) != 0 || b.Listener != "" {
			t.Errorf("after Reset there are hints %v of listener %q", b.Hints, b.Listener)
		}
	}
}
