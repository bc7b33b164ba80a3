package servers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An InfluxServer is a running InfluxDB 1.x.
type InfluxServer struct {
	URL string // base of its HTTP API
	UDP string // host:port that receives lines for Database

	Process *Process
}

// Database exists in every server that [InfluxDB] starts.
const Database = "e2e"

// InfluxDB starts influxd with an empty Database, and without reports to its
// makers.
func InfluxDB(t testing.TB) *InfluxServer {
	t.Helper()
	influxd := Find(t, "influxd", "Debian package influxdb")
	dir, http, udp, rpc := t.TempDir(), FreeAddr(t), FreeAddr(t), FreeAddr(t)
	conf := filepath.Join(dir, "influxdb.conf")
	if err := os.WriteFile(conf, []byte(influxConf(dir, http, udp, rpc)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(influxd, "-config", conf)
	cmd.Dir = dir
	s := &InfluxServer{URL: "http://" + http, UDP: udp}
	// The documentation requires POST for this query; influxd accepts GET too.
	create := s.URL + "/query?q=" + url.QueryEscape("CREATE DATABASE "+Database)
	s.Process = start(t, cmd, all(answers(create), receives(udp)))
	return s
}

func influxConf(dir, http, udp, rpc string) string {
	return fmt.Sprintf(`reporting-disabled = true
bind-address = %q
[meta]
dir = %q
[data]
dir = %q
wal-dir = %q
[http]
bind-address = %q
[monitor]
store-enabled = false
[[udp]]
enabled = true
bind-address = %q
database = %q
batch-timeout = "100ms"
`, rpc, filepath.Join(dir, "meta"), filepath.Join(dir, "data"), filepath.Join(dir, "wal"), http, udp, Database)
}

// WriteURL returns the URL for lines.
func (s *InfluxServer) WriteURL() string { return s.URL + "/write?db=" + Database }

// Row is a series in the response to a query.
type Row struct {
	Name    string            `json:"name"`
	Tags    map[string]string `json:"tags"`
	Columns []string          `json:"columns"`
	Values  [][]any           `json:"values"`
}

// Query runs q in Database and returns the series of the response. Numbers are
// json.Number, so that none loses digits.
func (s *InfluxServer) Query(q string) ([]Row, error) {
	body, err := get(s.URL + "/query?" + url.Values{"db": {Database}, "q": {q}, "epoch": {"ns"}}.Encode())
	if err != nil {
		return nil, err
	}
	var answer struct {
		Results []struct {
			Series []Row
			Error  string
		}
		Error string
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil {
		return nil, fmt.Errorf("query %s: %w", q, err)
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("query %s: %s", q, answer.Error)
	}
	var rows []Row
	for _, r := range answer.Results {
		if r.Error != "" {
			return nil, fmt.Errorf("query %s: %s", q, r.Error)
		}
		rows = append(rows, r.Series...)
	}
	return rows, nil
}

// Last returns the newest value of the field in the one series that has the
// measurement and all of the tags.
func (s *InfluxServer) Last(measurement, field string, tags map[string]string) (float64, error) {
	q := fmt.Sprintf("SELECT last(%s) FROM %s", quote(field), quote(measurement))
	var where []string
	for k, v := range tags {
		where = append(where, quote(k)+" = '"+strings.ReplaceAll(v, "'", `\'`)+"'")
	}
	if len(where) > 0 {
		q += " WHERE " + strings.Join(where, " AND ")
	}
	rows, err := s.Query(q + " GROUP BY *")
	if err != nil {
		return 0, err
	}
	if len(rows) != 1 || len(rows[0].Values) != 1 || len(rows[0].Values[0]) != 2 {
		return 0, fmt.Errorf("%s: %d series, want 1 with one value: %v", q, len(rows), rows)
	}
	n, ok := rows[0].Values[0][1].(json.Number)
	if !ok {
		return 0, errors.New(q + ": the value is not a number")
	}
	return n.Float64()
}

func quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `\"`) + `"`
}
