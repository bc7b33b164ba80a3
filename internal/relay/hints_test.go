package relay

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"monkit.example/monkit"
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

// The page shows each hint once, with its advice, and the series count its lines.
func TestHintsAreOnThePageAndInTheSeries(t *testing.T) {
	reg := monkit.NewRegistry()
	r := startWithPages(t, Config{Registry: reg})
	defer r.stop(t)
	if page := r.get(t, "/").body; strings.Contains(page, "<h2>Hints</h2>") {
		t.Errorf("the page has hints of nothing:\n%s", page)
	}
	name := r.receivers[0].listener.Name()
	for range 2 {
		b := reporters.Batch{Listener: name, At: time.Now()}
		b.Hint(reporters.Hint{Name: "odd", Advice: "write <it> even"}, 5)
		r.addHints(&b)
	}
	page := r.get(t, "/").body
	for _, want := range []string{"<h2>Hints</h2>", `<tr><td>write &lt;it&gt; even</td><td class="short">odd</td><td class="short">10</td><td>` + strings.ReplaceAll(name, "+", "&#43;") + `</td>`} {
		if strings.Count(page, want) != 1 {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	wantHarmless(t, "/", page)
	if got := monkit.Collect(reg)["relay_listener,hint=odd,listener="+name+",scope="+scope+" hinted"]; got != 10 {
		t.Errorf("the series has %v lines", got)
	}
	key := monkit.NewSeriesKey("relay_listener").WithTag("listener", name).WithTag("hint", "odd")
	if total, known := r.IsTotal(key, "hinted"); !total || !known {
		t.Errorf("total is %v, known %v", total, known)
	}
}
