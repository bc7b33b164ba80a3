package statsd

import (
	"slices"
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/reporters"
)

var conformance = codectest.Options{
	Good: []string{
		"hits:1|c",
		"hits:2.5|c|@0.1",
		"level:3|g",
		"level:+4|g",
		"time:320|ms|@0.5",
		"size:1:2:3|h|#host:web1,up",
		"spread:1|d|T1700000000|c:abc|e:it-1|card:low",
		"users:any text: here|s",
		"mixed:1|c:2|g:3|ms|@0.5:4|c",
		"_e{5,4}:title|text|#a:b",
		"_sc|name|0|#a:b",
		"größe.x:1|c|#länge:ä",
		" a b\t:\t1 |c |@0.1 |#x:y\t",
		"a[k=v]:1|c", "a#k=v:1|ms|@0.25|#k:w,k:u",
		"part:1|c:x|c:3|c",
		"packed:1:x:3|h|@0.5",
	},
	Bad: []string{
		"a", "a:", "a:1", "a:|c", "a:x|c", "a:x:y|c", "a:  |c", ":1|c", "a:nan|g", "a:inf|g", "a:1e999|g", "a:0x|g", "a:x|c:y|g",
		"a:1|c|@", "a:1|c|@0", "a:1|ms|@0.0000000001", "a:1|c|@-1", "a:1|c|@x", "a:1|c|0.5", "a:1e308|c|@0.0001", "a:1|g|Tx", "a\x00:1|c", "a:1|c\x00", "a\xff:1|c", "_e{\xff",
		"@:1|c", ",env=prod:1|c", "[a=b]:1|c",
	},
	Back: func(t testing.TB, p reporters.Point, got []reporters.Point) {
		switch {
		case p.Value < 0 && len(got) == 2 && got[0].Kind == reporters.Gauge && got[0].Value == 0 && got[1].Kind == reporters.GaugeDelta && got[1].Value == p.Value:
		case len(got) == 1 && got[0].Kind == reporters.Gauge && got[0].Value == p.Value:
		default:
			t.Errorf("%+v comes back as %+v", p, got)
		}
	},
}

// referenceOnly are lines of types that the reference daemon counts as counters.
var referenceOnly = []string{"a:1|m", "a:1|kv", "a:1|", "a:1|x"}

func TestConformance(t *testing.T) {
	for name, tt := range map[string]struct {
		Options
		good, bad []string // only in this dialect
	}{
		"reference": {good: referenceOnly, bad: []string{"a:-1|ms"}},
		"tags":      {Options: Options{Tags: true}, good: referenceOnly},
		"DogStatsD": {Options: Options{Dialect: DogStatsD}, good: []string{"a:-1|ms"}, bad: referenceOnly},
	} {
		t.Run(name, func(t *testing.T) {
			o := conformance
			o.Good, o.Bad = append(slices.Clone(o.Good), tt.good...), append(slices.Clone(o.Bad), tt.bad...)
			codectest.Run(t, func() reporters.Codec { return NewCodec(tt.Options) }, o)
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, line := range slices.Concat(conformance.Good, conformance.Bad, referenceOnly) {
		f.Add([]byte(line+"\n"), false, false)
		f.Add([]byte(line+"\n"), true, true)
	}
	f.Fuzz(func(t *testing.T, p []byte, tags, dogstatsd bool) {
		o := Options{Tags: tags}
		if dogstatsd {
			o.Dialect = DogStatsD
		}
		codectest.CheckDecode(t, NewCodec(o), p)
	})
}
