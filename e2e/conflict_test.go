package e2e

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"monkit.example/collect"
	"monkit.example/e2e/servers"
	"monkit.example/monkit"
	"monkit.example/reporters/influx"
)

// InfluxDB has a field as a text, and rejects it as a number. The user of the library
// finds that in the log, in the series and in the error of Close.
func TestFieldThatInfluxDBRejectsIsReported(t *testing.T) {
	t.Parallel()
	server := servers.InfluxDB(t)
	servers.Send(t, "udp", server.UDP, fmt.Sprintf("depth,scope=conflict value=\"deep\" %d\n", time.Now().UnixNano()))
	servers.Eventually(t, "the text", func() error {
		rows, err := server.Query("SELECT value FROM depth")
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("there is no series")
		}
		return err
	})
	reg := monkit.NewRegistry()
	scope := reg.ScopeNamed("conflict")
	scope.Gauge("depth", func() float64 { return 12.5 })
	scope.Gauge("height", func() float64 { return 8 })
	var log bytes.Buffer // which slog's handlers lock
	c := collect.New(reg, collect.Options{Interval: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))}, influx.New(server.WriteURL()))
	const conflict = "field type conflict"
	for range 3 {
		if err := c.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), conflict) || !strings.Contains(err.Error(), "1 lines dropped: rejected=1") {
			t.Errorf("Flush: %v", err)
		}
	}
	got := map[string]float64{}
	c.Stats(func(key monkit.SeriesKey, field string, val float64) { got[key.Measurement+" "+field] = val })
	if got["collect_reporter errors"] < 1 || got["collect_reporter lost_points"] < 1 || got["send up"] != 0 {
		t.Errorf("the series are %v", got)
	}
	if err := c.Close(t.Context()); err == nil || !strings.Contains(err.Error(), conflict) || !strings.Contains(err.Error(), "depth") {
		t.Errorf("Close: %v, want the field that was rejected", err)
	}
	if n := strings.Count(log.String(), conflict); n != 1 || !strings.Contains(log.String(), `reasons="rejected=1"`) {
		t.Errorf("%d records have the conflict, want one:\n%s", n, &log)
	}
	servers.EventuallyValue(t, "another series of the same batches", 8, func() (float64, error) {
		return server.Last("height", "value", map[string]string{"scope": "conflict"})
	})
}
