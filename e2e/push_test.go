package e2e

import (
	"errors"
	"fmt"
	"testing"

	"monkit.example/e2e/servers"
)

// A query returns the value of a series in one server.
type query func(s series) (float64, error)

// wantAll waits until query returns the last value of every kind of metric.
func wantAll(t *testing.T, what string, query query) {
	t.Helper()
	wantValues(t, what, query, func(s series) float64 { return s.last })
}

// wantValues waits until query returns the wanted value of every kind of metric.
func wantValues(t *testing.T, what string, query query, want func(series) float64) {
	t.Helper()
	servers.Eventually(t, what, func() error {
		var all []error
		for _, s := range everyKind {
			got, err := query(s)
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

// Each reporter pushes to its own kind of server, without a relay.
func TestPush(t *testing.T) {
	push := buildTestdata(t, "push")
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
