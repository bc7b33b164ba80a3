package send

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// refusing is a Messenger that delivers everything, while the peer refuses.
type refusing struct {
	fakeMessenger
	refused int64
	until   time.Time
}

func (r *refusing) refusals() int64 { return r.refused }

// Datagrams that are refused count as delivered, which only the log and the page
// correct.
func TestRefusedDatagramsAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &refusing{until: time.Now().Add(150 * time.Second)}
		f.answer = func(int, []byte) error {
			if time.Now().Before(f.until) {
				f.refused++
			}
			return nil
		}
		s, log := newLogged(f, Options{})
		for range 300 {
			mustSend(t, s, "a:1|c\n", 1)
			time.Sleep(1100 * time.Millisecond) // never when a record is due
		}
		const text = `"nothing listens at the destination: its system refuses datagrams, which count as delivered; the next record of that comes in a minute"`
		want := []string{text + " refused=1", text + " refused=54", text + " refused=55", text + " refused=27", `"no datagrams were refused for a minute" refused=137`}
		if got := records(log.String()); !slices.Equal(got, want) {
			t.Errorf("log:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=300 delivered=300 dropped=0 pending=0")
	})
}

// A destination that is down for minutes and tried many times a second is logged
// when it begins, and when it ends, with the number of failures.
func TestOutageIsLoggedAtItsBeginningAndItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(405 * time.Second)
		s, log := newLogged(&fakeMessenger{answer: func(int, []byte) error {
			if time.Now().Before(end) {
				return errDown
			}
			return nil
		}}, Options{InitialBackoff: 100 * time.Millisecond, MaxBackoff: 200 * time.Millisecond})
		for range 410 {
			mustSend(t, s, "a 1\n", 1)
			time.Sleep(time.Second)
			if st, _ := s.SenderStats(); time.Now().Before(end) && (st.Failures < 1 || st.Failures != st.Retries || st.FailingSince.IsZero()) {
				t.Fatalf("%d failures in a row, %d in all, since %v", st.Failures, st.Retries, st.FailingSince)
			}
		}
		s.Flush(t.Context())
		synctest.Wait()
		if st, _ := s.SenderStats(); st.Failures != 0 || st.Retries < 1000 {
			t.Errorf("%d failures in a row after the recovery, %d in all", st.Failures, st.Retries)
		}
		got := records(log.String())
		if len(got) != 2 || got[0] != `"cannot send; retrying" err=down` || !strings.Contains(got[1], "sending again") || !strings.Contains(got[1], "failures=") {
			t.Errorf("log:\n%s", strings.Join(got, "\n"))
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=410 delivered=410 dropped=0 pending=0")
	})
}

// Failures before the last success are not of the outage.
func TestFailuresInARowBeginWithTheOutage(t *testing.T) {
	r, now := newRetrier(Options{InitialBackoff: time.Second, MaxBackoff: time.Second}), time.Unix(1e9, 0)
	for _, want := range []int64{1, 2, 3, 0, 1, 2} {
		if want == 0 {
			r.succeeded(now)
		} else {
			r.failed(&Error{Err: errDown}, now)
		}
		if got := r.snapshot().failuresInARow(); got != want {
			t.Errorf("%d failures in a row, want %d", got, want)
		}
	}
}

// What a server says about a line may quote it.
func TestRejectionsAreLoggedWithoutCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log := newLogged(&fakeMessenger{answer: always(Permanent(errors.New("cannot parse 'cpu,token=hunter2 v=x'")))}, Options{})
		mustSend(t, s, "cpu,token=hunter2 v=x\n", 1)
		synctest.Wait()
		if got := log.String(); !strings.Contains(got, "cannot parse 'cpu,token=xxxxx v=x'") || strings.Contains(got, "hunter2") {
			t.Errorf("log:\n%s", got)
		}
		s.Close(t.Context())
		checkLedger(t, s, "accepted=1 delivered=0 dropped=1(rejected=1) pending=0")
	})
}
