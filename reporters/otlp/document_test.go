package otlp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"monkit.example/monkit"
	"monkit.example/reporters"
)

func TestDocumentJoinsThePointsOfAMetric(t *testing.T) {
	d := newDocument([]monkit.SeriesTag{{Key: "service.name", Val: "shop"}, {Key: "k", Val: `"`}})
	lines := "{h1\t{a}]}}\n{h2\t{b}]}}\n{h1\t{c}]}}\n"
	const before = `{"resourceMetrics":[{"resource":{"attributes":[` +
		`{"key":"service.name","value":{"stringValue":"shop"}},{"key":"k","value":{"stringValue":"\""}}` +
		`]},"scopeMetrics":[{"scope":{"name":"monkit.example/monkit"},"metrics":[`
	for range 2 { // the second time must not depend on the first
		if got, want := string(d.join([]byte(lines))), before+`{h1{a},{c}]}},{h2{b}]}}`+`]}]}]}`; got != want {
			t.Errorf("joined\n%s, want\n%s", got, want)
		}
	}
	if got, want := string(d.join([]byte("{h3\t{d}]}}"))), before+`{h3{d}]}}`+`]}]}]}`; got != want {
		t.Errorf("joined\n%s, want\n%s", got, want)
	}
	if got := string(d.join([]byte("no line\n\n{h\t{a}\n"))); got != before+`]}]}]}` {
		t.Errorf("joined %s", got)
	}
}

func TestDocumentIsBoundedByItsLines(t *testing.T) {
	d := newDocument((Options{Service: "shop"}).resource())
	e := newEncoder()
	var lines []byte
	for i := range 200 {
		p := reporters.Point{Key: key(fmt.Sprintf("m%d", i%70), "i", fmt.Sprint(i)), Field: "f", Value: float64(i), Time: 1, Kind: reporters.Kind(i % 3)}
		lines, _ = e.AppendRun(lines, []reporters.Point{p})
		got := d.join(lines)
		if len(got) > len(lines)+d.size() || !json.Valid(got) {
			t.Fatalf("%d lines of %d bytes make %d bytes, want at most %d more: %s", i+1, len(lines), len(got), d.size(), got)
		}
		if n := bytes.Count(got, []byte(`"timeUnixNano"`)); n != i+1 {
			t.Fatalf("%d points, want %d", n, i+1)
		}
	}
}

func TestDocumentKeepsNoLines(t *testing.T) {
	d := newDocument(nil)
	d.join([]byte("{h1\t{a}]}}\n{h2\t{b}]}}\n"))
	for _, g := range d.groups[:cap(d.groups)] {
		if g.head != nil || g.points != nil {
			t.Errorf("%q and %q are kept", g.head, g.points)
		}
	}
	if len(d.byHead) != 0 {
		t.Errorf("%d heads are kept", len(d.byHead))
	}
}
