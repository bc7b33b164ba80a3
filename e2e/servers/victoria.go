package servers

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A VictoriaServer is a running single-node VictoriaMetrics.
type VictoriaServer struct {
	Graphite string // host:port, TCP and UDP
	URL      string // base of /write, for Influx lines, and of /api/v1, for queries
}

// VictoriaMetrics starts VictoriaMetrics so that queries return points as soon as
// they are received.
func VictoriaMetrics(t testing.TB) *VictoriaServer {
	t.Helper()
	victoria := Find(t, "victoria-metrics", "Debian package victoria-metrics")
	dir, graphite, http := t.TempDir(), FreeAddr(t), FreeAddr(t)
	cmd := exec.Command(victoria, "-storageDataPath="+dir, "-graphiteListenAddr="+graphite, "-httpListenAddr="+http,
		"-search.latencyOffset=0s", "-search.disableCache", "-memory.allowedBytes=256MiB")
	cmd.Dir = dir
	s := &VictoriaServer{Graphite: graphite, URL: "http://" + http}
	start(t, cmd, all(answers(s.URL+"/health"), receives(graphite)))
	return s
}

// WriteURL returns the URL for Influx lines. The database becomes a label.
func (s *VictoriaServer) WriteURL() string { return s.URL + "/write?db=" + Database }

// Last returns the newest value, of the last ten minutes, of the one series that
// the selector matches. It flushes points that were just received first.
func (s *VictoriaServer) Last(selector string) (float64, error) {
	if _, err := get(s.URL + "/internal/force_flush"); err != nil {
		return 0, err
	}
	// Timestamps that were rounded up are in the future.
	at := strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)
	q := url.Values{"query": {"last_over_time(" + selector + "[10m])"}, "time": {at}, "nocache": {"1"}}
	return queried(s.URL, selector, q)
}

// Only returns value and time, in seconds, of the one point that the series has which
// the selector matches. It flushes points that were just received first.
func (s *VictoriaServer) Only(selector string) (value float64, second int64, err error) {
	if _, err := get(s.URL + "/internal/force_flush"); err != nil {
		return 0, 0, err
	}
	text, err := get(s.URL + "/api/v1/export?" + url.Values{"match[]": {selector}}.Encode())
	if err != nil {
		return 0, 0, err
	}
	var series struct {
		Values     []float64
		Timestamps []int64
	}
	if strings.Count(text, "\n") != 1 {
		return 0, 0, fmt.Errorf("%s matches %d series, want 1", selector, strings.Count(text, "\n"))
	}
	if err := json.Unmarshal([]byte(text), &series); err != nil {
		return 0, 0, err
	}
	if len(series.Values) != 1 || len(series.Timestamps) != 1 {
		return 0, 0, fmt.Errorf("%s has %d points, want 1", selector, len(series.Values))
	}
	return series.Values[0], series.Timestamps[0] / 1000, nil
}
