package examples

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/reporters/ledger"
)

func TestNewestExampleOfEachReasonIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e Examples
		if got := e.Newest(); len(got) != 0 {
			t.Errorf("the zero value has %v", got)
		}
		made := 0
		keep := func(reason ledger.Reason, text string) {
			e.Keep(reason, "d", "why", func() string { made++; return text })
		}
		keep(ledger.Oversize, "a")
		keep(ledger.Oversize, "within the second")
		time.Sleep(Interval / 2)
		keep(ledger.NotFinite, strings.Repeat("€", MaxText))
		time.Sleep(Interval / 2)
		keep(ledger.Oversize, "b")
		got := e.Newest()
		if len(got) != 2 || made != 3 {
			t.Fatalf("%d texts were made; the examples are %+v", made, got)
		}
		if l := got[0]; l.Reason != ledger.NotFinite || l.Text != strings.Repeat("€", MaxText/len("€")) {
			t.Errorf("the older example is %+v", l)
		}
		if l := got[1]; l.Text != "b" || l.Lines != 1 || l.Destination != "d" || l.Err != "why" || !l.At.Equal(time.Now()) {
			t.Errorf("the newer example is %+v", l)
		}
	})
}
