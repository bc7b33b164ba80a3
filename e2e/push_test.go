package e2e

import (
	"errors"
	"fmt"
	"testing"

	"monkit.example/e2e/servers"
)

// A view reads back where one server has a series.
type view func(s series) (float64, error)

// wantAll waits until the view shows every kind of metric at its last value.
func wantAll(t *testing.T, what string, look view) {
	t.Helper()
	wantValues(t, what, look, func(s series) float64 { return s.last })
}

func wantValues(t *testing.T, what string, look view, want func(series) float64) {
	t.Helper()
	servers.Eventually(t, what, func() error {
		var all []error
		for _, s := range everyKind {
			got, err := look(s)
			if err == nil && got != want(s) {
				err = fmt.Errorf("value is %v, want %v", got, want(s))
			}
			if err != nil {
				all = append(all, fmt.Errorf("%s%v.%s: %w", s.measurement, s.tags, s.field, err))
			}
		}
		return errors.Join(all...)
	})
}

// Without a relay, each reporter to the server that is its own.
func TestPush(t *testing.T) {
	push := buildPush(t)
	t.Run("graphite", func(t *testing.T) {
		t.Parallel()
		g := servers.Graphite(t)
		run(t, push, "graphite", g.Line, "plain")
		run(t, push, "graphite", "udp://"+g.Line, "datagrams")
		run(t, push, "tagged", g.Line, "tagged")
		wantAll(t, "plain", func(s series) (float64, error) { return g.Last(s.path("plain")) })
		wantAll(t, "datagrams", func(s series) (float64, error) { return g.Last(s.path("datagrams")) })
		wantAll(t, "tagged", func(s series) (float64, error) { return g.Last(s.tagged("tagged")) })
	})
	t.Run("influx", func(t *testing.T) {
		t.Parallel()
		i := servers.InfluxDB(t)
		for scope, addr := range map[string]string{"posted": i.WriteURL(), "datagrams": "udp://" + i.UDP} {
			run(t, push, "influx", addr, scope)
			wantAll(t, scope, func(s series) (float64, error) { return i.Last(s.measurement, s.field, s.influxTags(scope)) })
		}
	})
	t.Run("victoria", func(t *testing.T) {
		t.Parallel()
		v := servers.VictoriaMetrics(t)
		run(t, push, "influx", v.WriteURL(), "lines")
		run(t, push, "graphite", v.Graphite, "paths")
		wantAll(t, "lines", func(s series) (float64, error) { return v.Last(s.selector("lines")) })
		wantAll(t, "paths", func(s series) (float64, error) { return v.Last(pathSelector(s.path("paths"))) })
	})
	t.Run("statsd", func(t *testing.T) {
		t.Parallel()
		e := servers.StatsdExporter(t)
		for scope, addr := range map[string]string{"datagrams": e.Addr, "stream": "tcp://" + e.Addr} {
			run(t, push, "statsd", addr, scope)
			wantAll(t, scope, func(s series) (float64, error) { return e.Value(s.prometheus(scope)) })
		}
	})
}
