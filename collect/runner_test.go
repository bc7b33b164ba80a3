package collect

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

// unreadable is a reporter whose ledger can be read every other time.
type unreadable struct {
	probe
	reads int
}

func (u *unreadable) Ledger() ledger.Ledger {
	if u.reads++; u.reads%2 == 0 {
		panic("no ledger")
	}
	return ledger.Ledger{Accepted: 7, Dropped: ledger.Counts{ledger.SendFailed: 7}}
}

// A total that falls is taken for one that begins again, so that all losses would be
// counted twice.
func TestLostPointsStayWhenTheLedgerPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(counting(), noSpread, &unreadable{probe: probe{name: "u"}})
		for walk := range 4 {
			time.Sleep(10*time.Second + time.Millisecond)
			synctest.Wait()
			all := monkit.Collect(c)
			if all["collect_reporter,reporter=u lost_points"] != 7 || all["collect_reporter,reporter=u errors"] != 1 {
				t.Errorf("walk %d: %v points are lost with %v errors, want 7 and 1", walk,
					all["collect_reporter,reporter=u lost_points"], all["collect_reporter,reporter=u errors"])
			}
		}
		closeNow(t, c)
	})
}

// A destination that fails and recovers all the time must not fill the log. Each
// recovery that is logged follows its failure.
func TestFailuresAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lockedBuffer)
		n := 0
		p := &probe{name: "p", do: func(context.Context) error {
			if n++; n%2 == 1 || n > 30 {
				return errors.New("no route")
			}
			return nil
		}}
		o := noSpread
		o.Interval = time.Second
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
		c := New(counting(), o, p)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		got := log.String()
		if strings.Count(got, "reporting failed") != 1 || strings.Count(got, "reporting again") != 1 {
			t.Errorf("logged in a minute:\n%s", got)
		}
		time.Sleep(30 * time.Second)
		closeNow(t, c)
		got = strings.TrimPrefix(log.String(), got)
		if strings.Count(got, "reporting failed") != 1 || strings.Count(got, "reporting again") != 0 || !strings.Contains(got, "more=44") {
			t.Errorf("logged of the failure that lasts:\n%s", got)
		}
	})
}
