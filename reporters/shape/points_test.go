package shape

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
	"monkit.example/reporters/statsd"
)

// decoded returns the batch of lines of StatsD.
func decoded(lines ...string) *reporters.Batch {
	b := &reporters.Batch{At: unix(1_700_000_100), Listener: "statsd+udp://:8125"}
	statsd.NewCodec(statsd.Options{}).Decode(b, []byte(strings.Join(lines, "\n")+"\n"))
	return b
}

// pointTexts returns all that the points of b have.
func pointTexts(b *reporters.Batch) (texts []string) {
	for i := range b.Points {
		p := &b.Points[i]
		texts = append(texts, fmt.Sprintf("%v %v at %d stamped=%v weight=%v", p.Key.WithField(p.Field), p.Kind, p.Time/1e9, p.Stamped, p.Weight()))
	}
	return texts
}

// StatsD has a rate of samples (|@0.1) and a time in the line (|T, DogStatsD 1.3): what
// counts ten times without steps does so with them.
func TestPointsKeepTheirWeightAndTime(t *testing.T) {
	b := decoded("t:5|ms|@0.1", "x:1|c", "t:6:7|h|@0.5|#a:b", "g:8|g|T1700000000", "t:9|ms")
	for _, tt := range []struct {
		name string
		step []Step
		from string // as it is in want, of the texts without steps
		to   string
	}{
		{"no step", nil, "", ""},
		{"a point less", []Step{Deny("x")}, "", ""},
		{"renamed", []Step{Deny("x"), Rename("t", "renamed")}, "t", "renamed"},
	} {
		var want []string
		for _, text := range pointTexts(b) {
			if len(tt.step) > 0 && strings.HasPrefix(text, "x") {
				continue
			}
			if tt.from != "" && strings.HasPrefix(text, tt.from) {
				text = tt.to + text[len(tt.from):]
			}
			want = append(want, text)
		}
		s := sink{}
		reported := 0
		s.during = func(got *reporters.Batch) {
			reported++
			if texts := pointTexts(got); !slices.Equal(texts, want) {
				t.Errorf("%s: reported\n%s\nwant\n%s", tt.name, strings.Join(texts, "\n"), strings.Join(want, "\n"))
			}
		}
		rep := mustOpen(t, &s, tt.step...)
		for range 2 { // the memory of the batch is used again
			report(t, rep, b)
		}
		if reported != 2 {
			t.Errorf("%s: reported %d times", tt.name, reported)
		}
	}
	if texts := pointTexts(b); !strings.HasSuffix(texts[0], "weight=10") || !strings.HasSuffix(texts[4], "at 1700000000 stamped=true weight=1") {
		t.Errorf("the points are %q", texts)
	}
}

// Whatever a batch has besides its points is passed on.
func TestShapedBatchHasAllThatTheBatchHas(t *testing.T) {
	b := lines(5, "m f:1")
	b.Interval, b.Skipped, b.More, b.Listener = time.Second, 3, true, "text+udp://:1"
	b.Reject(ledger.Malformed, []byte("bad"), errors.New("wrong"))
	b.RejectReadings(2, []byte("m:1|c:x|c"), []byte("x|c"), errors.New("wrong"))
	b.Hint(reporters.Hint{Name: "other_dialect"}, 4)
	reported := false
	s := sink{during: func(got *reporters.Batch) {
		reported = true
		before, after := reflect.ValueOf(*b), reflect.ValueOf(*got)
		for i := range before.NumField() {
			switch f := before.Type().Field(i); {
			case !f.IsExported() || f.Name == "Spans": // of a batch for a SpanReporter, which has no points
			case before.Field(i).IsZero():
				t.Errorf("this test sets no %s", f.Name)
			case !reflect.DeepEqual(before.Field(i).Interface(), after.Field(i).Interface()):
				t.Errorf("%s is %v, want %v", f.Name, after.Field(i), before.Field(i))
			}
		}
	}}
	report(t, mustOpen(t, &s, Deny("x")), b)
	if !reported || b.Hints[reporters.Hint{Name: "other_dialect"}] != 4 {
		t.Errorf("reported %v, the hints of the batch are %v afterwards", reported, b.Hints)
	}
}

// The text of a member is what is counted, and no name of a field.
func TestMembersOfSetsAreNoFields(t *testing.T) {
	for _, tt := range []struct {
		name  string
		steps []Step
		want  string
	}{
		{"WithoutFields", []Step{WithoutFields("m*")}, "u member1, u Member 2, u total"},
		{"a pattern with a field", []Step{Deny("u member*")}, "u member1, u Member 2, u total"},
		{"Fields", []Step{Fields("total", "member1")}, ""},
		{"Allow", []Step{Allow("u")}, "u member1, u Member 2, u total"},
		{"Deny", []Step{Deny("u")}, ""},
		{"RenameField", []Step{RenameField("*", "x$1")}, "u member1, u Member 2, u total"},
		{"RenameField to nothing", []Step{RenameField("/[a-zM].*/", "same")}, "u member1, u Member 2, u total"},
		{"Rename", []Step{Rename("u", "users"), RenameField("*", "x$1")}, "users member1, users Member 2, users total"},
		{"Tag", []Step{Tag("a", "b")}, "u,a=b member1, u,a=b Member 2, u,a=b total"},
	} {
		var got []string
		s := sink{during: func(b *reporters.Batch) {
			for _, p := range b.Points {
				got = append(got, p.Key.String()+" "+p.Field)
			}
		}}
		rep := mustOpen(t, &s, tt.steps...)
		report(t, rep, decoded("u:member1|s", "u:Member 2|s", "u:total|s"))
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s: reported %q, want %q", tt.name, text, tt.want)
		}
		statsOf(t, rep)
	}
}

// A set may have any number of members: they must not push out other series, nor take
// memory.
func TestMembersOfSetsAreNotRemembered(t *testing.T) {
	var s sink
	rep := NewWith(&s, Options{MaxReceived: 10, Logger: quiet}, Rename("u", "users"))
	for i := range 100 {
		report(t, rep, decoded(fmt.Sprintf("u:%d|s:1|c", i)))
		s.check(t, "a member and a reading", fmt.Sprintf("users %d 0", i), "users  1 d")
	}
	table := rep.(interface{ self() *shaper }).self().table
	if n := table.received.weight; n != 2 || len(table.names) != 1 {
		t.Errorf("%d fields and %d names are remembered", n, len(table.names))
	}
	if n := statsOf(t, rep)["forgotten_points"]; n != 0 {
		t.Errorf("%v points were forgotten", n)
	}
	for i := range 100 {
		report(t, rep, decoded(fmt.Sprintf("u%d:x|s", i)))
	}
	if n, names := statsOf(t, rep)["forgotten_points"], len(table.names); n < 100-20 || names > 22 {
		t.Errorf("%v points were forgotten, %d names are remembered", n, names)
	}
}
