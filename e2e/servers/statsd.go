package servers

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// A StatsdServer is Prometheus' statsd_exporter.
type StatsdServer struct {
	Addr string // host:port, UDP and TCP
	URL  string // of the exporter's pages
}

// StatsdExporter starts one with its default mapping: dots become underscores.
func StatsdExporter(t testing.TB) *StatsdServer {
	t.Helper()
	exporter := Find(t, "statsd_exporter", "built by `make servers`")
	addr, http := FreeAddr(t), FreeAddr(t)
	cmd := exec.Command(exporter, "--statsd.listen-udp="+addr, "--statsd.listen-tcp="+addr, "--web.listen-address="+http)
	cmd.Dir = t.TempDir()
	s := &StatsdServer{Addr: addr, URL: "http://" + http}
	start(t, cmd, all(answers(s.URL+"/metrics"), receives(addr)))
	return s
}

// Value returns the sample that the exporter shows under the series, written
// as in the text format: name, or name{label="value"}.
func (s *StatsdServer) Value(series string) (float64, error) {
	text, err := get(s.URL + "/metrics")
	if err != nil {
		return 0, err
	}
	return sample(text, series)
}

// sample finds a series in Prometheus' text format. Label values with spaces
// are fine: the value is what follows the last one.
func sample(text, series string) (float64, error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strconv.ParseFloat(rest, 64)
		}
	}
	return 0, fmt.Errorf("no sample of %s", series)
}
