package relay

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

func TestHintsAreLoggedOnceForAListener(t *testing.T) {
	var log strings.Builder
	r := &Relay{cfg: Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}}
	hint := reporters.Hint{Name: "odd", Advice: "write it even"}
	start := time.Unix(1000, 0)
	for i, listener := range []string{"b", "a", "b", "b"} {
		b := reporters.Batch{Listener: listener, At: start.Add(time.Duration(i) * time.Second)}
		b.Hint(hint, 5)
		r.addHints(&b)
	}
	if n := strings.Count(log.String(), "write it even"); n != 2 {
		t.Errorf("the advice is logged %d times for two listeners:\n%s", n, &log)
	}
	got := r.Hints()
	want := []HintCount{
		{"a", hint, 5, start.Add(time.Second), start.Add(time.Second)},
		{"b", hint, 15, start, start.Add(3 * time.Second)},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("hints are %+v, want %+v", got, want)
	}
}
