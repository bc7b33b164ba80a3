package send

import (
	"bytes"
	"math/bits"
	"strings"
	"testing"
	"testing/synctest"
)

// refuseWith refuses payloads that hold a line with bad in it.
func refuseWith(bad string, err error) func(int, []byte) error {
	return func(_ int, p []byte) error {
		if bytes.Contains(p, []byte(bad)) {
			return err
		}
		return nil
	}
}

func TestOneBadLineNeverEatsItsNeighbours(t *testing.T) {
	const n = 64
	for bad := range n {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answer: refuseWith("bad", Split(errDown))}
			s := New(f, Options{})
			lines := strings.SplitAfter(string(numbered(0, n)), "\n")
			lines[bad] = "bad\n"
			mustSend(t, s, strings.Join(lines, ""), n)
			mustSend(t, s, "after 1\n", 1)
			s.Close(t.Context())
			lines[bad] = ""
			if want := strings.Join(lines, "") + "after 1\n"; f.text() != want {
				t.Errorf("bad line %d: got %q", bad, f.text())
			}
			checkLaw(t, s, "accepted=65 delivered=64 dropped=1(rejected=1) pending=0")
		})
	}
}

func TestSearchForBadLinesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: refuseWith("line", Split(errDown))}
		s := New(f, Options{})
		mustSend(t, s, string(numbered(0, 1000)), 1000)
		s.Close(t.Context())
		if most := 2*bits.Len(999) + 8; f.count() > most {
			t.Errorf("%d requests, want at most %d", f.count(), most)
		}
		checkLaw(t, s, "accepted=1000 delivered=0 dropped=1000(rejected=1000) pending=0")
	})
}

func TestTooLargePayloadsAreHalvedAndLaterOnesBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(_ int, p []byte) error {
			if len(p) > 1000 {
				return TooLarge(errDown)
			}
			return nil
		}}
		s := New(f, Options{})
		p := string(numbered(0, 100))
		mustSend(t, s, p, 100)
		s.Flush(t.Context())
		before := f.count()
		mustSend(t, s, p, 100)
		s.Flush(t.Context())
		for _, a := range f.attempts[before:] {
			if len(a) > 1000 {
				t.Errorf("%d bytes are tried again", len(a))
			}
		}
		if f.text() != p+p {
			t.Error("not all lines arrived in order")
		}
		mustSend(t, s, strings.Repeat("x", 1001)+"\n", 1)
		s.Close(t.Context())
		checkLaw(t, s, "accepted=201 delivered=200 dropped=1(oversize=1) pending=0")
	})
}

func TestPartialRejection(t *testing.T) {
	for _, tt := range []struct {
		name     string
		rejected int
		want     string
	}{
		{"some", 3, "accepted=10 delivered=7 dropped=3(rejected=3) pending=0"},
		{"none", 0, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"more than there were", 99, "accepted=10 delivered=0 dropped=10(rejected=10) pending=0"},
		{"nonsense", -4, "accepted=10 delivered=10 dropped=0 pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fake{answer: func(int, []byte) error { return Partial(tt.rejected, errDown) }}
			s := New(f, Options{})
			mustSend(t, s, string(numbered(0, 10)), 10)
			s.Close(t.Context())
			if f.count() != 1 {
				t.Errorf("%d attempts", f.count())
			}
			checkLaw(t, s, tt.want)
		})
	}
}

func TestMiddle(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"", 0}, {"a", 0}, {"a\n", 0}, {"\n", 0}, {"aaaa\nb\n", 5}, {"a\nbbbb\n", 2}, {"a\nb", 2}, {"a\nb\n", 2}, {"aaaaaa\nb", 7}, {"\n\n", 1},
	} {
		if got := middle([]byte(tt.in)); got != tt.want {
			t.Errorf("middle(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}
