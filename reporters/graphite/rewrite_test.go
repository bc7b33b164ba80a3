package graphite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/reporters"
)

// kept returns how a line is passed on, decoded or scanned, or "" if it is rejected.
func kept(t *testing.T, line string) string {
	t.Helper()
	decoded, scanned := &reporters.Batch{At: time.Unix(1_700_000_123, 0)}, &reporters.Batch{At: time.Unix(1_700_000_123, 0)}
	p := []byte("before 1 1700000000\n" + line + "\nafter 2 1700000000\n")
	decode(decoded, p)
	reporters.NewSpanDecoder(NewCodec(Options{})).Decode(scanned, p)
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
	raw = raw[len("before 1 1700000000\n"):]
	return raw[:max(len(raw)-len("\nafter 2 1700000000\n"), 0)]
}

// Carbon splits a line at any white space (protocols.py: line.strip().split()), and
// VictoriaMetrics 1.79 drops lines with a space in front: carbon-c-relay#7, go-carbon#281.
func TestWhiteSpaceBecomesSingleSpaces(t *testing.T) {
	for _, line := range []string{
		"a.b 4 1700000000", " a.b 4 1700000000", "\ta.b 4 1700000000", "a.b  4 1700000000", "a.b 4  1700000000", "a.b\t4 1700000000", "a.b 4\t1700000000",
		"a.b 4 1700000000 ", "a.b 4 1700000000\t", "  a.b \t 4 \t 1700000000 \t ", "a.b 4 1700000000\r", "a.b 4 1700000000 \r", "a.b 4 1700000000\r\r",
		"a.b\v4\f1700000000", "a.b\r4\r1700000000", "a.b\u00a04 1700000000", "\u3000a.b\u20284\u2003 1700000000\u0085", "\x00a.b 4 1700000000", "\x00\x00 a.b 4 1700000000",
	} {
		if got := kept(t, line); got != "a.b 4 1700000000" {
			t.Errorf("%q is passed on as %q", line, got)
		}
	}
	for _, line := range []string{"", " ", "\t", "\x00", "\x00 \r", "\v"} {
		if got := kept(t, line); got != "" {
			t.Errorf("%q is passed on as %q", line, got)
		}
	}
	for in, want := range map[string]string{"größe.x\u00a04 1700000000": "größe.x 4 1700000000", "größe.x 4 1700000000": "größe.x 4 1700000000", "a\u00a0b 4 1700000000": "", "a\xa0b 4 1700000000": ""} {
		if got := kept(t, in); got != want {
			t.Errorf("%q is passed on as %q, want %q", in, got, want)
		}
	}
	if got := kept(t, " \ta;x=1;y=2\t4  1700000000 "); got != "a;x=1;y=2 4 1700000000" {
		t.Errorf("with tags it is passed on as %q", got)
	}
}

// VictoriaMetrics 1.79 drops lines with these numbers, which Carbon takes for the
// same as ours.
func TestNumbersBecomeThoseThatEveryServerReads(t *testing.T) {
	for in, want := range map[string]string{
		"a +5 1700000000": "a 5 1700000000", "a .5 1700000000": "a 0.5 1700000000", "a 5. 1700000000": "a 5 1700000000", "a -.5 1700000000": "a -0.5 1700000000",
		"a +.5e3 1700000000": "a 0.5e3 1700000000", "a;b=c -5. 1700000000": "a;b=c -5 1700000000",
		"a 1 +1700000000": "a 1 1700000000", "a 1 1700000000.": "a 1 1700000000", "a 1 +1700000000.5": "a 1 1700000000.5",
		"a 1e3 1700000000": "a 1e3 1700000000", "a -1.5E-3 1700000000": "a -1.5E-3 1700000000", "a 007 1700000000": "a 007 1700000000",
		"a 1 1.7e9": "a 1 1.7e9", "a 1 1700000000.25": "a 1 1700000000.25",
		"a 1_000 1700000000": "", "a 0x10 1700000000": "", "a nan 1700000000": "", "a +inf 1700000000": "", "a 1 +": "", "a . 1700000000": "", "a 1 .": "",
	} {
		if got := kept(t, in); got != want {
			t.Errorf("%q is passed on as %q, want %q", in, got, want)
		}
	}
}

// Carbon takes a time for that of the arrival if int(float(time)) is -1
// (protocols.py, metricReceived).
func TestTimeWhoseWholePartIsMinusOneIsNow(t *testing.T) {
	for _, stamp := range []string{"-1", "-1.0", "-1.", "-1e0", "-1.5", "-1.999", "-01", "-10e-1", "N", ""} {
		if got := kept(t, "a.b 1 "+stamp); got != "a.b 1 1700000123" {
			t.Errorf("time %q: passed on as %q", stamp, got)
		}
	}
	for _, stamp := range []string{"-2", "-2.0", "-0.9", "-1e1", "-1_0", "-1.0.0"} {
		if got := kept(t, "a.b 1 "+stamp); got != "" {
			t.Errorf("time %q: passed on as %q", stamp, got)
		}
	}
}

// Twisted's LineOnlyReceiver has a MAX_LENGTH of 16384, which Carbon does not change.
func TestLinesThatEndAConnectionToCarbonAreAHint(t *testing.T) {
	for size, want := range map[int]int64{100: 0, 16384: 0, 16385: 1, 60_000: 1} {
		line := strings.Repeat("a", size-len(" 1 1700000000")) + " 1 1700000000"
		p := []byte(line + "\n")
		var decoded, scanned reporters.Batch
		decode(&decoded, p)
		reporters.NewSpanDecoder(NewCodec(Options{})).Decode(&scanned, p)
		if decoded.Hints[hintLongLine] != want || scanned.Hints[hintLongLine] != want || decoded.Accepted() != 1 || scanned.Accepted() != 1 {
			t.Errorf("%d bytes: hints %v and %v, want %d", size, decoded.Hints, scanned.Hints, want)
		}
	}
}

func TestTimesBefore1980AreAHint(t *testing.T) {
	for stamp, want := range map[string]int64{
		"0": 1, "1": 1, "315532799": 1, "0000000042": 1, "42.5": 1, "1e3": 1,
		"315532800": 0, "1700000000": 0, "1700000000.5": 0, "-1": 0, "N": 0, "": 0,
	} {
		p := fmt.Appendf(nil, "a.b 1 %s\n", stamp)
		for name, decode := range map[string]func(b *reporters.Batch){
			"decoded": func(b *reporters.Batch) { decode(b, p) },
			"scanned": func(b *reporters.Batch) { reporters.NewSpanDecoder(NewCodec(Options{})).Decode(b, p) },
		} {
			b := &reporters.Batch{At: time.Unix(1_700_000_123, 0)}
			decode(b)
			if b.Accepted() != 1 || b.Hints[hintBefore1980] != want {
				t.Errorf("time %q, %s: %d lines, hints %v", stamp, name, b.Accepted(), b.Hints)
			}
		}
	}
}
