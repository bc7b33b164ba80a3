package send

import (
	"bytes"
	"context"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

// rejectWith returns an answer that is err for payloads that contain bad.
func rejectWith(bad string, err error) func(int, []byte) error {
	return func(_ int, p []byte) error {
		if bytes.Contains(p, []byte(bad)) {
			return err
		}
		return nil
	}
}

func TestARejectedLineCostsNoOtherLine(t *testing.T) {
	const n = 64
	for bad := range n {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeMessenger{answer: rejectWith("bad", Split(errDown))}
			s := New(f, Options{Name: "x"})
			lines := strings.SplitAfter(string(numbered(0, n)), "\n")
			lines[bad] = "bad\n"
			mustSend(t, s, strings.Join(lines, ""), n)
			mustSend(t, s, "after 1\n", 1)
			s.Close(t.Context())
			want := append(slices.Delete(lines, bad, bad+1)[:n-1], "after 1\n")
			slices.Sort(want)
			if got := slices.Sorted(strings.Lines(f.text())); !slices.Equal(got, want) {
				t.Errorf("rejected line %d: got %q", bad, got)
			}
			if kept := s.RejectedLines(); len(kept) != 1 || kept[0].Text != "bad" || kept[0].Destination != "x" || kept[0].Err != "down" {
				t.Errorf("rejected line %d: kept for a person are %v", bad, kept)
			}
			checkLedger(t, s, "accepted=65 delivered=64 dropped=1(rejected=1) pending=0")
		})
	}
}

func TestSearchForRejectedLinesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: rejectWith("line", Split(errDown))}
		s := New(f, Options{})
		mustSend(t, s, string(numbered(0, 1000)), 1000)
		s.Close(t.Context())
		if want := 2*bits.Len(999) + 8; f.count() != want {
			t.Errorf("%d requests, want %d", f.count(), want)
		}
		checkLedger(t, s, "accepted=1000 delivered=0 dropped=1000(rejected=1000) pending=0")
	})
}

func TestLaterPayloadsAreHalvedBeforeTheyAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{answer: rejectLonger(1000)}
		s := New(f, Options{})
		p := string(numbered(0, 100))
		mustSend(t, s, p, 100)
		s.Flush(t.Context())
		before := f.count()
		mustSend(t, s, p, 100)
		s.Flush(t.Context())
		for _, a := range f.attempts[before:] {
			if len(a) > 1000 {
				t.Errorf("%d bytes are sent again", len(a))
			}
		}
		if f.text() != p+p {
			t.Error("not all lines arrived in order")
		}
		mustSend(t, s, strings.Repeat("x", 1001)+"\n", 1)
		s.Close(t.Context())
		checkLedger(t, s, "accepted=201 delivered=200 dropped=1(oversize=1) pending=0")
	})
}

// rejectLonger returns an answer that is TooLarge for more than so many bytes.
func rejectLonger(most int) func(int, []byte) error {
	return func(_ int, p []byte) error {
		if len(p) > most {
			return TooLarge(errDown)
		}
		return nil
	}
}

func TestPayloadOfTheSizeLimitIsNotHalved(t *testing.T) {
	f := &fakeMessenger{answer: rejectLonger(8)}
	s := New(f, Options{})
	mustSend(t, s, "a 1\nb 1\nc 1\nd 1\n", 4)
	s.Close(t.Context())
	if want := []string{"a 1\nb 1\nc 1\nd 1\n", "a 1\nb 1\n", "c 1\nd 1\n"}; !slices.Equal(f.attempts, want) {
		t.Errorf("sent %q, want %q", f.attempts, want)
	}
	checkLedger(t, s, "accepted=4 delivered=4 dropped=0 pending=0")
}

func TestTooLargeLineDoesNotLimitLaterPayloads(t *testing.T) {
	f := &fakeMessenger{answer: rejectLonger(1000)}
	s := New(f, Options{})
	mustSend(t, s, strings.Repeat("x", 1000)+"\n", 1)
	s.Flush(t.Context())
	p := string(numbered(0, 40)) // more than half of that line
	mustSend(t, s, p, 40)
	s.Close(t.Context())
	if f.count() != 2 || f.text() != p {
		t.Errorf("%d attempts, the last of which is %q", f.count(), f.attempts[f.count()-1])
	}
	checkLedger(t, s, "accepted=41 delivered=40 dropped=1(oversize=1) pending=0")
}

func TestHalvesShareTheLinesOfTheirPayload(t *testing.T) {
	for _, tt := range []struct {
		name, payload string
		lines         int
		want          string
	}{
		{"a line without an end is one", "good\nbad", 2, "accepted=2 delivered=1 dropped=1(rejected=1) pending=0"},
		{"more lines than line feeds", "good\nbad\n", 10, "accepted=10 delivered=5 dropped=5(rejected=5) pending=0"},
		{"fewer lines than line feeds", "good\nbad\n", 1, "accepted=1 delivered=0 dropped=1(rejected=1) pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeMessenger{answer: rejectWith("bad", Split(errDown))}
			s := New(f, Options{})
			mustSend(t, s, tt.payload, tt.lines)
			s.Close(t.Context())
			if f.text() != "good\n" {
				t.Errorf("got %q", f.text())
			}
			checkLedger(t, s, tt.want)
		})
	}
}

func TestPartialRejection(t *testing.T) {
	for _, tt := range []struct {
		name     string
		rejected int
		want     string
	}{
		{"some", 3, "accepted=10 delivered=7 dropped=3(rejected=3) pending=0"},
		{"none", 0, "accepted=10 delivered=10 dropped=0 pending=0"},
		{"more than were sent", 99, "accepted=10 delivered=0 dropped=10(rejected=10) pending=0"},
		{"a negative number", -4, "accepted=10 delivered=10 dropped=0 pending=0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeMessenger{answer: always(Partial(tt.rejected, errDown))}
			s := New(f, Options{})
			mustSend(t, s, string(numbered(0, 10)), 10)
			s.Close(t.Context())
			if f.count() != 1 {
				t.Errorf("%d attempts", f.count())
			}
			checkLedger(t, s, tt.want)
		})
	}
}

func TestSplitPoint(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"", 0}, {"a", 0}, {"a\n", 0}, {"\n", 0}, {"aaaa\nb\n", 5}, {"a\nbbbb\n", 2}, {"a\nb", 2}, {"a\nb\n", 2}, {"aaaaaa\nb", 7}, {"\n\n", 1},
		{"aa\nbbb\nc\n", 3}, {"aa\nbbbbbb\ncccc\n", 10}, // the nearer of two
	} {
		if got := splitPoint([]byte(tt.in)); got != tt.want {
			t.Errorf("splitPoint(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestSearchGoesOnAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{}
		f.answer = func(n int, p []byte) error {
			if n%3 == 0 {
				return errDown
			}
			return rejectWith("bad", Split(errDown))(n, p)
		}
		s := New(f, Options{MaxBackoff: time.Second})
		good := string(numbered(0, 100))
		mustSend(t, s, good[:1000]+"bad 1\n"+good[1000:], 101)
		if err := s.Flush(within(t, time.Hour)); err == nil || !strings.Contains(err.Error(), "rejected=") {
			t.Errorf("Flush() = %v", err)
		}
		s.Close(t.Context())
		l := s.Ledger()
		if err := l.Check(); err != nil || l.String() != "accepted=101 delivered=100 dropped=1(rejected=1) pending=0" || strings.Count(f.text(), "\n") != 100 {
			t.Errorf("%d lines are stored, ledger %v, %v", strings.Count(f.text(), "\n"), l, err)
		}
	})
}

func TestSearchWithAtMostOnceSendsNoLineTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeMessenger{}
		f.answer = func(n int, p []byte) error {
			if n == 3 {
				return Ambiguous(errDown)
			}
			return rejectWith("bad", Split(errDown))(n, p)
		}
		s := New(f, Options{AtMostOnce: true})
		mustSend(t, s, "bad 1\n"+string(numbered(0, 7)), 8)
		s.Flush(within(t, 30*time.Second))
		s.Close(t.Context())
		l := s.Ledger()
		if l.Check() != nil || l.Dropped[ledger.Ambiguous] == 0 || l.Delivered < 4 || l.Pending != 0 {
			t.Errorf("ledger: %v", l)
		}
		if n := strings.Count(f.text(), "\n"); int64(n) != l.Delivered {
			t.Errorf("%d lines are stored, ledger %v", n, l)
		}
	})
}

func TestCloseDuringASearchCountsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &slowAnswers{answer: rejectWith("bad", Split(errDown))}
		s := New(f, Options{})
		mustSend(t, s, string(numbered(0, 7))+"bad 1\n", 8)
		time.Sleep(2500 * time.Millisecond)
		if err := s.Close(within(t, time.Second)); err == nil {
			t.Error("Close returns nil")
		}
		l := s.Ledger()
		if err := l.Check(); err != nil || l.Delivered == 0 || l.Dropped[ledger.Closed] == 0 || l.Pending != 0 {
			t.Errorf("ledger %v, %v", l, err)
		}
	})
}

// slowAnswers is a Messenger whose answer takes a second.
type slowAnswers struct{ answer func(int, []byte) error }

func (m *slowAnswers) Deliver(ctx context.Context, p []byte) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
		return m.answer(0, p)
	}
}

func (m *slowAnswers) Close() error { return nil }

func TestWhatAPeerRejectsIsKeptForAPerson(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		lines  int
		reason ledger.Reason
	}{
		{"permanent", Permanent(errDown), 2, ledger.Rejected},
		{"partial", Partial(1, errDown), 1, ledger.Rejected},
		{"oversize", Oversize(errDown), 2, ledger.Oversize},
	} {
		s := New(&fakeMessenger{answer: always(tt.err)}, Options{Name: "x"})
		mustSend(t, s, "a 1\nb 1\n", 2)
		s.Close(t.Context())
		if got := s.RejectedLines(); len(got) != 1 || got[0].Lines != tt.lines || got[0].Reason != tt.reason || got[0].Destination != "x" || got[0].Err != "down" {
			t.Errorf("%s: %+v", tt.name, got)
		}
		checkLedger(t, s, "")
	}
}
