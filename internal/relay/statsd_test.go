package relay

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"monkit.example/internal/listen"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/statsd"
)

// statsdReceiver returns a receiver of StatsD lines by a listener with options, whose
// destination keeps them.
func statsdReceiver(t *testing.T, options string) (*Relay, *recorder) {
	t.Helper()
	rec := &recorder{}
	r, err := New(Config{Listen: []string{"statsd+udp://127.0.0.1:0" + options}, Destinations: []Destination{{"d", rec}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.closeUnused)
	return r, rec
}

// receive passes text to the first listener as its socket does.
func receive(t *testing.T, r *Relay, text string) {
	t.Helper()
	rec := r.receivers[0]
	rec.listener.Book().Receive(int64(strings.Count(text, "\n")))
	rec.process(t.Context(), []listen.Text{{Lines: []byte(text)}}, false)
}

// Clients of DogStatsD (datadog-go, hot-shots) send a gauge below zero as it is, which
// the reference daemon adds to the value it has.
func TestDialectOfAListenerDecidesWhatASignMeans(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  reporters.Kind
	}{{"", reporters.GaugeDelta}, {"dialect=statsd", reporters.GaugeDelta}, {"dialect=dogstatsd", reporters.Gauge}} {
		o, err := url.ParseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := formatOf(statsd.Format).newDecoder(o)
		if err != nil {
			t.Fatal(err)
		}
		var b reporters.Batch
		dec.Decode(&b, []byte("temp:-5|g|#room:x\n"))
		if len(b.Points) != 1 || b.Points[0].Kind != tt.want || b.Points[0].Value != -5 {
			t.Errorf("%q: %+v, want the kind %v", tt.query, b.Points, tt.want)
		}
	}
}

func TestUnknownDialectIsAnErrorThatNamesAll(t *testing.T) {
	for _, dialect := range []string{"datadog", "", "DogStatsD", "influx"} {
		_, err := New(Config{Listen: []string{"statsd+udp://127.0.0.1:0?dialect=" + dialect}, Forward: []string{"statsd+udp://h:1"}})
		if err == nil || !strings.Contains(err.Error(), "write dialect=statsd or dialect=dogstatsd") {
			t.Errorf("dialect=%s: %v", dialect, err)
		}
	}
	_, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0?dialect=statsd"}, Forward: []string{"graphite+udp://h:1"}})
	if err == nil || !strings.Contains(err.Error(), `"dialect" is not known`) {
		t.Errorf("dialect of a graphite listener: %v", err)
	}
}

// A listener whose dialect was chosen gives no advice to choose one.
func TestLinesOfDogStatsDAreHintedAtOnListenersWithoutADialect(t *testing.T) {
	for options, want := range map[string]int64{"": 2, "?dialect=statsd": 0, "?dialect=dogstatsd": 0} {
		r, _ := statsdReceiver(t, options)
		receive(t, r, "a:1|c\na:1|c|#k:v\nb:1:2|ms\n")
		got := r.Hints()
		switch {
		case want == 0 && len(got) != 0, want > 0 && len(got) != 1:
			t.Errorf("%q: hints %+v", options, got)
		case want > 0 && (got[0].Lines != want || got[0].Hint.Name != "dogstatsd_syntax" || !strings.Contains(got[0].Hint.Advice, "?dialect=dogstatsd")):
			t.Errorf("%q: hint %+v, want %d lines", options, got[0], want)
		}
	}
}

// statsd 0.9.0 counts each bad reading in bad_lines_seen and counts the others of the
// line. Lines are what the ledger counts, so the readings are counted beside it.
func TestBadReadingsOfAcceptedLinesAreCountedAndShown(t *testing.T) {
	r, rec := statsdReceiver(t, "")
	const part = "mb:1|c:x|c:3|c:y|c\n"
	receive(t, r, part+"whole:1|c\nbad:x|c:y|c\n")
	l := r.Ledger()
	in := l.Listeners[0]
	if err := in.Check(); err != nil || in.Accepted != 2 || in.Rejected.String() != "malformed=1" || in.Pending != 0 || in.BadReadings != 2 {
		t.Errorf("the ledger is %+v, %v", in, err)
	}
	if want := part + "whole:1|c\n"; rec.text.String() != want {
		t.Errorf("passed on %q, want the bytes %q", rec.text.String(), want)
	}
	if got := monkit.Collect(r)[fmt.Sprintf("relay_listener,listener=%s bad_readings", in.Name)]; got != 2 {
		t.Errorf("the series bad_readings is %v", got)
	}
	var text strings.Builder
	l.Print(&text)
	if !strings.Contains(text.String(), " bad_readings=2\n") {
		t.Errorf("printed %s", &text)
	}
	if got := l.json().Listeners[0].BadReadings; got != 2 {
		t.Errorf("bad_readings in JSON is %d", got)
	}
	if page := indexOf(t, l); !strings.Contains(page, "2 bad readings were left out of accepted lines") {
		t.Error("the page does not show them")
	}
	shown := r.Rejected()
	i := slices.IndexFunc(shown, func(g RejectedGroup) bool { return g.Reason == ledger.BadReading })
	if i < 0 || len(shown) != 2 || shown[i].Lines != 2 || shown[i].Example.Text+"\n" != part || !strings.Contains(shown[i].Example.Err, `reading "x|c"`) {
		t.Errorf("shown are %+v", shown)
	}
}
