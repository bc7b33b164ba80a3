package servers

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// A StatsdServer is a running statsd_exporter of Prometheus.
type StatsdServer struct {
	Addr string // host:port, UDP and TCP
	URL  string // base of its pages
}

// StatsdExporter starts statsd_exporter with its default mapping: dots become
// underscores.
func StatsdExporter(t testing.TB) *StatsdServer {
	t.Helper()
	exporter := Find(t, "statsd_exporter", "`make servers` builds it")
	addr, http := FreeAddr(t), FreeAddr(t)
	cmd := exec.Command(exporter, "--statsd.listen-udp="+addr, "--statsd.listen-tcp="+addr, "--web.listen-address="+http)
	cmd.Dir = t.TempDir()
	s := &StatsdServer{Addr: addr, URL: "http://" + http}
	start(t, cmd, all(answers(s.URL+"/metrics"), receives(addr)))
	return s
}

// Value returns the value of the series, which is written as in Prometheus' text
// format: name, or name{label="value"}.
func (s *StatsdServer) Value(series string) (float64, error) {
	text, err := get(s.URL + "/metrics")
	if err != nil {
		return 0, err
	}
	return sample(text, series)
}

// sample returns the value of the series in Prometheus' text format. Label values
// may have spaces.
func sample(text, series string) (float64, error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strconv.ParseFloat(rest, 64)
		}
	}
	return 0, fmt.Errorf("there is no sample of %s", series)
}
