package monkit

import "testing"

func TestDeltaTransformer(t *testing.T) {
	m := NewMeter(NewSeriesKey("m"))
	src := TransformStatSource(m, NewDeltaTransformer())
	m.Mark(3)
	if _, ok := Collect(src)["m delta"]; ok {
		t.Errorf("the first pass has a delta")
	}
	m.Mark(4)
	if got := Collect(src)["m delta"]; got != 4 {
		t.Errorf("delta %v, want 4", got)
	}
}
