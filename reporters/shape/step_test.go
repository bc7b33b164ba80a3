package shape

import (
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

func unix(second int64) time.Time { return time.Unix(second, 0) }

func TestSteps(t *testing.T) {
	points := []string{"function,name=Play,scope=app total:7", "function,name=Play,scope=app r99:0.5", "disk,host=a used:3"}
	const total, r99, disk = "function,name=Play,scope=app total 7 c", "function,name=Play,scope=app r99 0.5", "disk,host=a used 3"
	for _, tt := range []struct {
		name  string
		steps []Step
		want  []string
	}{
		{"no step", nil, []string{total, r99, disk}},
		{"allow", []Step{Allow("disk", "* r99")}, []string{r99, disk}},
		{"allow twice passes what both allow", []Step{Allow("function"), Allow("* r99", "disk")}, []string{r99}},
		{"deny", []Step{Deny("function,scope=app r*", "x")}, []string{total, disk}},
		{"deny after allow", []Step{Allow("*"), Deny("*")}, nil},
		{"deny of nothing", []Step{Deny()}, []string{total, r99, disk}},
		{"fields", []Step{Fields("total", "/u.+/")}, []string{total, disk}},
		{"without fields", []Step{WithoutFields("r9?", "total")}, []string{disk}},
		{"without no fields", []Step{WithoutFields()}, []string{total, r99, disk}},
		{"rename", []Step{Rename("f*", "calls_$1")}, []string{
			"calls_unction,name=Play,scope=app total 7 c", "calls_unction,name=Play,scope=app r99 0.5", disk}},
		{"rename by a tag", []Step{Rename("*,host=a", "a_$1")}, []string{total, r99, "a_disk,host=a used 3"}},
		{"a later step sees the new name", []Step{Rename("disk", "fs"), Deny("disk"), Allow("fs")}, []string{"fs,host=a used 3"}},
		{"prefix", []Step{Prefix("p$1."), Allow("p$1.disk")}, []string{"p$1.disk,host=a used 3"}},
		{"rename a field", []Step{RenameField("/r(\\d+)/", "p$1")}, []string{total, "function,name=Play,scope=app p99 0.5", disk}},
		{"a renamed counter stays a counter", []Step{RenameField("total", "n"), Fields("n")}, []string{"function,name=Play,scope=app n 7 c"}},
		{"tag", []Step{Allow("disk"), Tag("b", "x y"), Tag("z", "1"), Tag("a", "0")}, []string{`disk,a=0,b=x\ y,host=a,z=1 used 3`}},
		{"a tag replaces", []Step{Allow("disk"), Tag("host", "b")}, []string{"disk,host=b used 3"}},
		{"a default tag does not", []Step{Allow("disk"), DefaultTag("host", "b"), DefaultTag("dc", "1")}, []string{"disk,dc=1,host=a used 3"}},
		{"a later step sees a new tag", []Step{Tag("k", "v"), Allow("disk,k=v")}, []string{"disk,host=a,k=v used 3"}},
		{"rename a tag", []Step{Allow("disk"), RenameTag("host", "instance")}, []string{"disk,instance=a used 3"}},
		{"a renamed tag replaces", []Step{Allow("disk"), Tag("instance", "b"), RenameTag("host", "instance")}, []string{"disk,instance=a used 3"}},
		{"a tag that is not there is not renamed", []Step{Allow("disk"), RenameTag("x", "host")}, []string{disk}},
		{"a tag renamed to itself", []Step{Allow("disk"), RenameTag("host", "host")}, []string{disk}},
		{"without tags", []Step{WithoutTags("s*", "host")}, []string{"function,name=Play total 7 c", "function,name=Play r99 0.5", "disk used 3"}},
		{"without no tags", []Step{WithoutTags()}, []string{total, r99, disk}},
		{"delta", []Step{Delta()}, []string{"function,name=Play,scope=app total 7 d", r99, disk}},
		{"delta of others", []Step{Delta("disk", "* r99")}, []string{total, r99, disk}},
		{"delta by a pattern", []Step{Delta("function total")}, []string{"function,name=Play,scope=app total 7 d", r99, disk}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s sink
			rep := mustOpen(t, &s, tt.steps...)
			n := newNumbered()
			for range 2 { // decided, and remembered
				b := n.batch(1, points...)
				report(t, rep, b)
				s.check(t, "of a collector", tt.want...)
				if strings.Contains(tt.name, "delta") {
					break
				}
				report(t, rep, lines(1, points...))
				s.check(t, "received", tt.want...)
			}
		})
	}
}

func TestWrongStepIsExplained(t *testing.T) {
	long := strings.Repeat("x", maxPattern+1)
	for _, tt := range []struct {
		step Step
		want string
	}{
		{Allow(), "Allow: no pattern"},
		{Allow("a", "b["), `Allow: pattern "b[", column 2: no ] for this [`},
		{Deny("["), "Deny: pattern"},
		{Fields(), "Fields: no field"},
		{Fields("a,b"), `Fields: pattern "a,b", column 2: ',' is not expected here; write \ before it if it is part of a name, and each pattern as an argument`},
		{WithoutFields("a b"), "WithoutFields: pattern"},
		{Rename("a b", "c"), `Rename: pattern "a b" has a field`},
		{Rename("", "c"), "Rename: pattern is empty"},
		{Rename("a*", "$2"), "Rename: replacement \"$2\", column 1: there is no group 2; the pattern has 1"},
		{Prefix(""), "Prefix: no text"},
		{Prefix(long), "Prefix: 4097 bytes"},
		{RenameField("*", "$x"), "RenameField: replacement"},
		{RenameField("]", "x"), "RenameField: pattern"},
		{Tag("", "v"), "Tag: no key"},
		{Tag("k", ""), "Tag: no value for \"k\"; use WithoutTags"},
		{Tag("k", long), "Tag: a tag of 4098 bytes"},
		{DefaultTag("k", ""), "DefaultTag: no value"},
		{RenameTag("", "b"), "RenameTag: no key"},
		{RenameTag("a", ""), "RenameTag: no key"},
		{RenameTag("a", long), "RenameTag: a key of 4097"},
		{WithoutTags("{"), "WithoutTags: pattern"},
		{Delta("m "), "Delta: pattern"},
		{Step{}, "a step is not made by a function of this package"},
	} {
		_, err := Open(&sink{}, Options{}, Allow("*"), tt.step)
		if err == nil || !strings.HasPrefix(err.Error(), "shape: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want shape: %s", err, tt.want)
		}
	}
	if _, err := Open(nil, Options{}); err == nil || err.Error() != "shape: no reporter" {
		t.Errorf("no reporter: %v", err)
	}
	if _, err := Open((*reporters.Pusher)(nil), Options{}); err == nil || err.Error() != "shape: no reporter" {
		t.Errorf("a reporter that is a nil pointer: %v", err)
	}
	_, err := Open(&sink{}, Options{}, Allow(), Deny("["))
	if err == nil || !strings.Contains(err.Error(), "Allow") || !strings.Contains(err.Error(), "Deny") {
		t.Errorf("of two wrong steps the error is %v", err)
	}
}

func TestMisnamedPointsAreCounted(t *testing.T) {
	for _, step := range []Step{
		Rename("disk*", "$1"), RenameField("used", ""), Prefix(strings.Repeat("x", maxPattern-3)),
	} {
		var s sink
		rep := mustOpen(t, &s, Allow("disk"), step, Tag("k", "v"))
		report(t, rep, newNumbered().batch(1, "disk,host=a used:3", "function total:1"))
		s.check(t, "misnamed")
		checkStats(t, rep, map[string]float64{"points": 2, "misnamed_points": 1, "denied_points": 1})
	}
}
