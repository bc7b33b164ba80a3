package influx

import (
	"testing"

	"monkit.example/internal/codectest"
	"monkit.example/reporters"
)

var conformance = codectest.Options{
	WholeRuns: true,
	Good: []string{
		"hits value=1 1700000000000000000",
		`hits,host=web1,zone=eu value=1,total=2i,level=3u,up=true,down=F 1700000000000000001`,
		`a\ b\,c,d\=e=f\ g h\ i=-1.5e3 -5`,
		`log msg="a \"quoted\" text, with = and # and \\",n=1 1700000000000000002`,
		`only text="x" 1700000000000000003`,
		"größe,länge=ä x=0.5 1",
	},
	Bad: []string{
		"a", "a ", "a b", "a b=", "a b= 1", "a,b c=1", "a,b= c=1", "a,=b c=1", "a, c=1", ",a=b c=1", " =", "a b=1 x", "a b=1 1 2", "a b=1 1.5",
		"a b=nan", "a b=-inf", "a b=0x10", "a b=1e999", "a b=1x", "a b=1_0", "a b=tru", "a b=-i", "a b=99999999999999999999i", "a b=-1u",
		`a b="x`, `a b="x\`, `a b="x" y"`, "a b=1,", "a b=1,,c=2", "a\x00 b=1", "a b\x01=1", "\xff b=1", "a b=\"\xff\"", "a,t=1,t=2 b=1",
		"a b=1 9223372036854775807", "a b=1 -9223372036854775808", "a b=1 99999999999999999999", "a\rb c=1",
	},
}

func newCodec() reporters.Codec { return NewCodec(Options{}) }

func TestConformance(t *testing.T) { codectest.Run(t, newCodec, conformance) }

func FuzzDecode(f *testing.F) {
	for _, line := range append(conformance.Good, conformance.Bad...) {
		f.Add([]byte(line + "\n"))
	}
	f.Add([]byte("# comment\n\n a b=1\r\nb c=2 \nc d=\"\n\"\n x"))
	f.Add([]byte(" m,t=a\\ b  s=\"x  y\\\" \",v=.5 \t5 \r\n\x00\n\tm v=-5.,w=+1\n"))
	f.Add([]byte("m v=1\r \x00\nm v=1 \x00\nm v=1\r\r\n"))
	f.Fuzz(func(t *testing.T, p []byte) { codectest.CheckDecode(t, newCodec(), p) })
}
