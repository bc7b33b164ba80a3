package influx

import (
	"testing"
	"time"

	"monkit.example/reporters"
)

// kept returns how a line is passed on, decoded or scanned, or "" if it is rejected.
func kept(t *testing.T, line string) string {
	t.Helper()
	const before, after = "before f=1 1700000000000000000\n", "after f=1 1700000000000000000\n"
	decoded, scanned := &reporters.Batch{At: time.Unix(1_700_000_123, 0)}, &reporters.Batch{At: time.Unix(1_700_000_123, 0)}
	p := []byte(before + line + "\n" + after)
	newCodec().Decode(decoded, p)
	reporters.NewSpanDecoder(newCodec()).Decode(scanned, p)
	var raw, spans string
	for _, l := range decoded.Lines {
		raw += string(l.Raw) + "\n"
	}
	for _, s := range scanned.Spans {
		spans += string(s.Text)
	}
	if raw != spans {
		t.Errorf("%q: decoded %q, scanned %q", line, raw, spans)
	}
	if n := int64(len(decoded.Lines)) + decoded.Rejected.Sum() + decoded.Skipped; n != 3 {
		t.Errorf("%q: %d lines are accounted for, want 3", line, n)
	}
	raw = raw[len(before):]
	return raw[:max(len(raw)-len("\n"+after), 0)]
}

// InfluxDB skips blanks before a line, its fields and its time (models/points.go,
// skipWhitespace). VictoriaMetrics 1.79 drops most such lines: influxdb#6672.
func TestStrayBlanksAreRemoved(t *testing.T) {
	const want = "m,a=b f=1,g=2i 1700000000000000000"
	for _, line := range []string{
		want, " " + want, "\t" + want, "\x00" + want, " \t " + want, want + " ", want + "\t", want + "  \t", want + "\r", want + " \r", want + "\r\r",
		"m,a=b  f=1,g=2i 1700000000000000000", "m,a=b f=1,g=2i  1700000000000000000", "m,a=b \tf=1,g=2i \t 1700000000000000000",
		"  m,a=b \x00 f=1,g=2i   1700000000000000000 \t \r",
	} {
		if got := kept(t, line); got != want {
			t.Errorf("%q is passed on as %q", line, got)
		}
	}
	for _, line := range []string{"", " ", "\t", "\x00", "\x00 \r", " # a  comment", "\t#"} {
		if got := kept(t, line); got != "" {
			t.Errorf("%q is passed on as %q", line, got)
		}
	}
}

// What is accepted is passed on as a line that means the same, and is not changed again.
// InfluxDB ends a line at "\n" alone: a carriage return in front of blanks that it skips is
// part of the value, which is no number then (models/points.go, scanNumber).
func TestPassedLinesAreAcceptedAsTheyAre(t *testing.T) {
	ends := []string{"", "\r", " ", "\t", "\x00", "\r ", "\r\t", "\r\x00", " \r", "\x00\r", " \x00", "\x00 ", "\r \x00", "\r\r \x00", " \r \x00", "\r \x00 ", "\r \x00\r", "\r\x00 \r", "\r  \t\x00 \x00", " \x00 \r"}
	for _, line := range []string{"m", "m,a=b", "m f", "m f=", "m f=1", "m f=.5", "m f=1i", "m f=1u", "m f=t", `m f="x"`, `m f="x`, "m f=1,g=2", "m f=1 1700000000000000000", "m f=1 x"} {
		for _, end := range ends {
			got := kept(t, line+end)
			if again := kept(t, got); again != got {
				t.Errorf("%q is passed on as %q, and that as %q", line+end, got, again)
			}
			if b := decodedWith(t, "s", line+end); len(b.Lines) == 1 {
				if raw := string(b.Lines[0].Raw); kept(t, raw) != raw {
					t.Errorf("%q in seconds is passed on as %q, and that as %q", line+end, raw, kept(t, raw))
				}
			}
		}
	}
	for _, line := range []string{"m f=1\r \x00", "m f=1i\r \x00", "m f=t\r \x00", "m f=2,g=.5\r\r \x00", "m f=1\r \x00 \r", "m f=1\r 1700000000000000000"} {
		if got := kept(t, line); got != "" {
			t.Errorf("%q is passed on as %q", line, got)
		}
	}
}

func TestBlanksInStringsAndEscapesAreKept(t *testing.T) {
	for in, want := range map[string]string{
		`m s="a  b" 1700000000000000000`:                           `m s="a  b" 1700000000000000000`,
		`m s="a	b",f=1 1700000000000000000`:                        `m s="a	b",f=1 1700000000000000000`,
		`  m  s=" a \"  \\",f=1  1700000000000000000 `:             `m s=" a \"  \\",f=1 1700000000000000000`,
		`m s="  x, y=1  2  ",t="  "  1700000000000000000`:          `m s="  x, y=1  2  ",t="  " 1700000000000000000`,
		`a\ \ b,c\ \ d=\ \ e  f\ \ g=1,h\==2  1700000000000000000`: `a\ \ b,c\ \ d=\ \ e f\ \ g=1,h\==2 1700000000000000000`,
		`m,t="a\ \ b" f="x  \\"  1700000000000000000`:              `m,t="a\ \ b" f="x  \\" 1700000000000000000`,
		`m "k  =1 1700000000000000000`:                             "",
		`m,t=x\\ \ y  f=1 1700000000000000000`:                     `m,t=x\\ \ y f=1 1700000000000000000`,
		`m s="no time  "  `:                                        `m s="no time  " 1700000123000000000`,
		`m s="open  1700000000000000000`:                           "",
		`m f=1,  g=2 1700000000000000000`:                          "",
		"m\tf=1 1700000000000000000":                               "",
		"m f=1\t1700000000000000000":                               "",
		"m,a=b\tc f=1 1700000000000000000":                         "",
		"m f=1 1700000000000000000\x00":                            "",
		"m f=1 1700000000000000000 5":                              "",
		"m f=1\r 1700000000000000000":                              "",
	} {
		if got := kept(t, in); got != want {
			t.Errorf("%q is passed on as %q, want %q", in, got, want)
		}
	}
}

// VictoriaMetrics 1.79 stores 0 for the first spellings, without a word.
func TestNumbersBecomeThoseThatEveryServerReads(t *testing.T) {
	for in, want := range map[string]string{
		".5": "0.5", "5.": "5", "-.5": "-0.5", "-5.": "-5", ".5e3": "0.5e3", "1e3": "1e3", "1E+3": "1E+3", "-0.25": "-0.25", "007i": "007i", "5u": "5u", "TRUE": "TRUE", `".5"`: `".5"`,
		"+5": "", "+5i": "", "1_0": "", "0x10": "", ".": "", "-.": "", "": "",
	} {
		want := map[bool]string{true: "m a=1,f=" + want + ",z=2 1700000000000000000"}[want != ""]
		if got := kept(t, "m a=1,f="+in+",z=2 1700000000000000000"); got != want {
			t.Errorf("%q is passed on as %q, want %q", in, got, want)
		}
	}
}
