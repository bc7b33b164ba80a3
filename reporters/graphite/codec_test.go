package graphite

import (
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/reporters"
)

var conformance = codectest.Options{
	Good: []string{
		"app.hits.value 1 1700000000",
		"a 0.5 1700000001",
		"a.b -1e-7 1700000002.5",
		"tagged.total;host=web1;zone=eu 12 1700000003",
		"größe.x 7 1700000004",
		"own.total;scope=app 12 1700000003",
		"a..b. 1.25 0",
	},
	Points: map[string][]reporters.Point{
		"app.hits.value 1 1700000000": {{Key: codectest.Key("app.hits"), Field: "value", Value: 1, Time: 1_700_000_000e9}},
		"a 0.5 1700000001":            {{Key: codectest.Key("a"), Value: 0.5, Time: 1_700_000_001e9}},
		"a.b -1e-7 1700000002.5":      {{Key: codectest.Key("a"), Field: "b", Value: -1e-7, Time: 1_700_000_002.5e9}},
		"tagged.total;host=web1;zone=eu 12 1700000003": {{Key: codectest.Key("tagged", "host", "web1", "zone", "eu"), Field: "total", Value: 12,
			Time: 1_700_000_003e9}},
		"own.total;scope=app 12 1700000003": {{Key: codectest.Key("own", "scope", "app"), Field: "total", Value: 12,
			Time: 1_700_000_003e9, Kind: reporters.Counter}},
		"größe.x 7 1700000004": {{Key: codectest.Key("größe"), Field: "x", Value: 7, Time: 1_700_000_004e9}},
		"a..b. 1.25 0":         {{Key: codectest.Key("a..b"), Value: 1.25}},
	},
	Bad: []string{
		"a", "a b", "a 1 2 3", "a 1 x", "a 1 -2", "a 1 1e300", "a 1 -2.0", "a 1 -0.9", "a 1 1700000000000", "a nan 1700000000", "a inf 1700000000", "a 0x10 1700000000",
		"a 1e999 1700000000", "a,b 1_0 1700000000", ". 1 1700000000", "a\x00b 1 1700000000", "a\xff 1 1700000000",
		"a; 1 1700000000", "a;b 1 1700000000", "a;b= 1 1700000000", "a;=b 1 1700000000", "a;b=~c 1 1700000000", "a;!b=c 1 1700000000", ";a=b 1 1700000000",
		"a;b=c; 1 1700000000", "a 1 9999999999",
	},
}

func TestConformance(t *testing.T) {
	for name, o := range map[string]Options{"plain": {}, "tagged": {Tagged: true}} {
		t.Run(name, func(t *testing.T) {
			codectest.Run(t, func() reporters.Codec { return NewCodec(o) }, conformance)
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, line := range append(conformance.Good, conformance.Bad...) {
		f.Add([]byte(line + "\n"))
	}
	f.Add([]byte("a 1\r\nb 2 -1\nc 3 N\n\n x"))
	f.Add([]byte(" a\t.5  +1700000000. \n\x00b +5. -1.0\nc\v1\r1 \r\r\n\x00\n"))
	f.Fuzz(func(t *testing.T, p []byte) { codectest.CheckDecode(t, NewCodec(Options{}), p) })
}
