package endpoint

import (
	"testing"
	"time"
)

// The units of GNU dd: K and KiB are 1024, KB is 1000.
func TestSizesHaveOneGrammar(t *testing.T) {
	for in, want := range map[string]int64{
		"0": 0, "1": 1, "8388608": 8 << 20, "512B": 512, "512b": 512,
		"64KiB": 64 << 10, "64K": 64 << 10, "64k": 64 << 10, "64kb": 64000, "64KB": 64000,
		"16MiB": 16 << 20, "16M": 16 << 20, "16m": 16 << 20, "16mib": 16 << 20, "10MB": 1e7,
		"1GiB": 1 << 30, "1g": 1 << 30, "1GB": 1e9, "1.5GiB": 3 << 29, "0.5K": 512,
		"2TiB": 2 << 40, "1TB": 1e12, "9007199254740991": 1<<53 - 1,
	} {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "MiB", "x", "1x", "1KiBs", "1iB", "1 MiB", " 1", "1 ", "+1", "-1", "1.5", "1.", ".5K", "1e3", "0x10", "1_000", "1.2.3K",
		"Inf", "NaN", "9007199254740992", "9007199254740993", "99999999999999999999", "10000TiB", "1,5G", "0.3K",
	} {
		if got, err := ParseSize(in); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", in, got)
		}
	}
}

func TestFormatSizeIsParsed(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 1: "1", 1023: "1023", 1024: "1KiB", 8 << 20: "8MiB", 3 << 29: "1536MiB", 1 << 30: "1GiB", 1 << 41: "2TiB"} {
		got := FormatSize(n)
		if back, err := ParseSize(got); got != want || err != nil || back != n {
			t.Errorf("FormatSize(%d) = %q, which is %d, %v; want %q", n, got, back, err, want)
		}
	}
}

func TestTimesHaveOneGrammar(t *testing.T) {
	const day = 24 * time.Hour
	for in, want := range map[string]time.Duration{
		"0": 0, "5": 5 * time.Second, "0.5": 500 * time.Millisecond, "600": 10 * time.Minute,
		"5s": 5 * time.Second, "10m": 10 * time.Minute, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond, "1.5h": 90 * time.Minute,
		"7d": 7 * day, "2w": 14 * day, "1w1d": 8 * day, "1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "1us": time.Microsecond, "1µs": time.Microsecond,
	} {
		if got, err := ParseDuration(in); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "soon", "s", "d", "-5s", "+5s", "-1", "1d-1h", "5 s", " 5s", "5x", "1d1w", "1dd", "d1", "1h1d", "1e3", "NaN", "Inf",
		"99999999999999999999", "9999999w", "15250w99999999999s",
	} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", in, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"1", "16MiB", "1.5G", "10MB", "x", "0.1K"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSize(s)
		if err != nil {
			return
		}
		if back, err := ParseSize(FormatSize(n)); n < 0 || n >= maxSize || err != nil || back != n {
			t.Fatalf("ParseSize(%q) = %d, which is written %q and parsed as %d, %v", s, n, FormatSize(n), back, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"1", "5s", "1w2d3h", "1.5d", "x", "0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err == nil && d < 0 {
			t.Fatalf("ParseDuration(%q) = %v", s, d)
		}
		if again, err2 := ParseDuration(d.String()); err == nil && (err2 != nil || again != d) {
			t.Fatalf("ParseDuration(%q) = %v, which is parsed as %v, %v", s, d, again, err2)
		}
	})
}
