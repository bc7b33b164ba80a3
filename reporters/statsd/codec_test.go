package statsd

import (
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
	},
	Bad: []string{
		"a", "a:", "a:1", "a:1|", "a:1|x", "a:|c", "a:x|c", "a:1:|c", "a:1:x|g", ":1|c", "a:nan|g", "a:inf|g", "a:1e999|g", "a:0x1|g",
		"a:1|c|@", "a:1|c|@0", "a:1|c|@-1", "a:1|c|@x", "a:1e308|c|@0.0001", "a:1|g|Tx", "a\x00:1|c", "a:1|c\x00", "a\xff:1|c", "a:1|c:2", "a:1|c:x|g", "_e{\xff",
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

func TestConformance(t *testing.T) {
	for name, o := range map[string]Options{"reference": {}, "tags": {Tags: true}, "DogStatsD": {Dialect: DogStatsD}} {
		t.Run(name, func(t *testing.T) {
			codectest.Run(t, func() reporters.Codec { return NewCodec(o) }, conformance)
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, line := range append(conformance.Good, conformance.Bad...) {
		f.Add([]byte(line+"\n"), false)
	}
	f.Fuzz(func(t *testing.T, p []byte, tags bool) { codectest.CheckDecode(t, NewCodec(Options{Tags: tags}), p) })
}
