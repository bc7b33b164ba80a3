package e2e

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"monkit.example/e2e/servers"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/pickle"
)

// Carbon's relay sends pickles to ours, which sends pickles to Carbon's cache.
func TestPickleBetweenCarbonsPrograms(t *testing.T) {
	t.Parallel()
	g := servers.Graphite(t)
	listen := servers.FreeAddr(t)
	r := startRelay(t, buildRelay(t), []string{listen}, "-listen", "pickle+tcp://"+listen, "-forward", "pickle+tcp://"+g.Pickle)
	line := servers.CarbonRelay(t, listen)

	const points = 550 // more than a frame has, one a second
	first, text := time.Now().Unix()-points, ""
	for i := range points {
		text += fmt.Sprintf("pickle.through %d.5 %d\n", i, first+int64(i))
	}
	servers.Send(t, "tcp", line, text)
	servers.Eventually(t, "all points", func() error { return hasPoints(g, "pickle.through", first, points) })
	want := regexp.MustCompile(`received=550 accepted=550 rejected=0`)
	if out := r.stop(t); !want.MatchString(out) {
		t.Errorf("the relay printed\n%s\nwant %s", out, want)
	}
}

func TestPicklesArePushedToCarbon(t *testing.T) {
	t.Parallel()
	g := servers.Graphite(t)
	p := pickle.New(g.Pickle)
	key := monkit.NewSeriesKey("pushed").WithTag("host", "web1")
	b := &reporters.Batch{Points: []reporters.Point{{Key: key, Field: "total", Value: 0.25, Time: time.Now().UnixNano(), Series: 1, ID: 1}}}
	if err := p.Report(t.Context(), b); err != nil {
		t.Error(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if l := p.Ledger(); l.Check() != nil || l.Delivered != 1 {
		t.Errorf("ledger %v", l)
	}
	servers.EventuallyValue(t, "the pushed value", 0.25, func() (float64, error) { return g.Last("pushed.host.web1.total") })
}

// hasPoints returns an error unless target matches one series, with so many values,
// 0.5 at first and one more each second.
func hasPoints(g *servers.GraphiteServer, target string, first int64, points int) error {
	return haveValues(g, target, 1, first, points)
}

// haveValues returns an error unless target matches so many series, each with the
// values of hasPoints.
func haveValues(g *servers.GraphiteServer, target string, series int, first int64, points int) error {
	all, err := g.Render(target)
	if err != nil || len(all) != series {
		return fmt.Errorf("%s matches %d series, want %d: %v", target, len(all), series, err)
	}
	for _, s := range all {
		found := 0
		for _, p := range s.Points {
			if p.Value == nil {
				continue
			}
			if want := float64(p.Time-first) + 0.5; *p.Value != want {
				return fmt.Errorf("the value of %s at %d is %v, want %v", s.Target, p.Time, *p.Value, want)
			}
			found++
		}
		if found != points {
			return fmt.Errorf("%s has %d points of %d", s.Target, found, points)
		}
	}
	return nil
}
