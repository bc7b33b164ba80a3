package e2e

import (
	"fmt"
	"strings"
	"testing"

	"monkit.example/e2e/servers"
)

// InfluxDB stores some of the lines of a request and says dropped=0 although it
// could not parse the others. The relay counts these as dropped, and the server has
// the rest.
func TestLinesThatInfluxDBRejectsAreCounted(t *testing.T) {
	influx := servers.InfluxDB(t)
	listen := servers.FreeAddr(t)
	r := startRelay(t, buildRelay(t), []string{listen}, "-listen", "influx+tcp://"+listen, "-forward", "influx+"+influx.WriteURL())
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "rejects,i=%d v=%d 1700000000000000000\n", i, i)
		fmt.Fprintf(&text, "rejects,i=%d v=%du 1700000000000000000\n", i, i) // InfluxDB 1 has no unsigned integers
	}
	servers.Send(t, "tcp", listen, text.String())
	printed := r.stop(t)
	for line := range strings.Lines(printed) {
		n := numbers(line)
		if delivered, ok := n["delivered"]; ok && (n["accepted"] != 200 || delivered != 100 || n["dropped"] != 100 || n["pending"] != 0 || !strings.Contains(line, "rejected=100")) {
			t.Errorf("the ledger of the destination is %s", line)
		}
	}
	if !strings.Contains(printed, "delivered=") {
		t.Errorf("no ledger of a destination:\n%s", printed)
	}
	for i := range 100 {
		tags := map[string]string{"i": fmt.Sprint(i)}
		if got, err := influx.Last("rejects", "v", tags); err != nil || got != float64(i) {
			t.Errorf("line %d: InfluxDB has %v, %v", i, got, err)
		}
	}
}
