package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"monkit.example/e2e/servers"
)

// Lines that Carbon and InfluxDB read, but VictoriaMetrics drops, or reads as 0, if it
// gets them as they are. N is the number of the line, T its time.
var (
	graphiteSpellings = []string{
		"s.nN N T", " s.nN N T", "\ts.nN N T", "s.nN  N T", "s.nN N  T", "s.nN\tN\tT", "s.nN N T ", "s.nN N T\t", "s.nN N T\r", "s.nN N T \r", "s.nN\vN T", "\x00s.nN N T",
		"s.nN +N T", "s.nN N. T", "s.nN +N.0 T", "s.nN N +T", "s.nN N T.", "s.nN N T.0",
	}
	influxSpellings = []string{
		"s,n=N f=N T000000000", " s,n=N f=N T000000000", "\ts,n=N f=N T000000000", "s,n=N  f=N T000000000", "s,n=N f=N  T000000000", "s,n=N \tf=N \tT000000000",
		"s,n=N f=N T000000000 ", "s,n=N f=N T000000000 \t", "s,n=N f=N T000000000\r", "s,n=N f=N T000000000 \r", "s,n=N f=N. T000000000", "s,n=N f=N.,g=.5 T000000000",
		`s,n=N t="a  b ",f=N  T000000000`,
	}
)

// spelled returns the lines with their numbers and the time.
func spelled(lines []string, second int64) string {
	var text strings.Builder
	for i, line := range lines {
		line = strings.ReplaceAll(line, "N", fmt.Sprint(i+1))
		text.WriteString(strings.ReplaceAll(line, "T", fmt.Sprint(second)) + "\n")
	}
	return text.String()
}

func TestAllSpellingsOfALineAreStoredOnce(t *testing.T) {
	victoria := servers.VictoriaMetrics(t)
	graphite, influx, seconds := servers.FreeAddr(t), servers.FreeAddr(t), servers.FreeAddr(t)
	for _, tt := range []struct {
		name, selector, text string
		listen               string
		forward              string
		lines                int
	}{
		{"graphite", "s.n%d", spelled(graphiteSpellings, time.Now().Unix()-60), "graphite+tcp://" + graphite, "graphite+tcp://" + victoria.Graphite, len(graphiteSpellings)},
		{"influx", `s_f{n="%d"}`, spelled(influxSpellings, time.Now().Unix()-60), "influx+tcp://" + influx, "influx+" + victoria.WriteURL(), len(influxSpellings)},
		{"influx in seconds", `p_f{n="%d"}`, strings.ReplaceAll(strings.ReplaceAll(spelled(influxSpellings, time.Now().Unix()-60), "000000000", ""), "s,", "p,"),
			"influx+tcp://" + seconds + "?precision=s", "influx+" + victoria.WriteURL(), len(influxSpellings)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr, _, _ := strings.Cut(tt.listen[strings.Index(tt.listen, "//")+2:], "?")
			r := startRelay(t, buildRelay(t), []string{addr}, "-listen", tt.listen, "-forward", tt.forward)
			before := time.Now().Unix() - 60
			servers.Send(t, "tcp", addr, tt.text)
			for i := 1; i <= tt.lines; i++ {
				selector := fmt.Sprintf(tt.selector, i)
				if tt.name == "graphite" {
					selector = fmt.Sprintf("{__name__=%q}", selector)
				}
				servers.Eventually(t, selector, func() error {
					value, second, err := victoria.Only(selector)
					if err == nil && (value != float64(i) || second > before || second < before-30) {
						err = fmt.Errorf("%s is %v at %d, want %d at %d", selector, value, second, i, before)
					}
					return err
				})
			}
			wantBalance(t, r.stop(t))
		})
	}
}
