package influx

import (
	"fmt"
	"testing"
	"time"

	"monkit.example/reporters"
)

// Texts of errors may be fields, of which a series that lives has others every minute.
// Fields that stay keep their keys.
func TestMemoryOfFieldsThatComeAndGo(t *testing.T) {
	e := newEncoder(Options{})
	for i := range 2000 {
		at := int64(time.Hour) + int64(i)*int64(time.Minute)
		var run []reporters.Point
		for _, field := range []string{"a\tb", fmt.Sprint("error\t", i), "a b"} {
			run = append(run, reporters.Point{Key: key("m"), Field: field, Value: 1, Series: 1, ID: 1, Time: at})
		}
		e.BeginBatch(run)
		got, skipped := e.AppendRun(nil, run)
		e.EndBatch()
		if want := fmt.Sprintf("m a\\ b_=1,error\\ %d=1,a\\ b=1 %d\n", i, at); string(got) != want || skipped != 0 {
			t.Fatalf("minute %d: got %q with %d skipped, want %q", i, got, skipped, want)
		}
	}
	if k := e.keys[1]; len(k.of) > 2*minSweep || len(k.fields) != len(k.of) {
		t.Errorf("%d keys of %d fields are remembered, want %d at most", len(k.fields), len(k.of), 2*minSweep)
	}
}
