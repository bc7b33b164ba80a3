package influx

import (
	"net/url"
	"strings"
	"testing"
)

func TestURLIsCompleted(t *testing.T) {
	for _, tt := range []struct{ name, url, database, want, auth string }{
		{"no path is InfluxDB 1", "http://h:8086", "app", "http://h:8086/write?db=app&precision=ns", "Token"},
		{"InfluxDB 1", "http://h:8086/write?db=x", "", "http://h:8086/write?db=x&precision=ns", "Token"},
		{"the database of the address counts", "http://h:8086?db=x", "app", "http://h:8086/write?db=x&precision=ns", "Token"},
		{"below a path", "https://h:443/insert/0/influx/write?db=x", "", "https://h:443/insert/0/influx/write?db=x&precision=ns", "Token"},
		{"InfluxDB 2", "http://h:8086/api/v2/write?org=o&bucket=b", "", "http://h:8086/api/v2/write?bucket=b&org=o&precision=ns", "Token"},
		{"InfluxDB 3", "https://h:8181/api/v3/write_lp?db=x", "", "https://h:8181/api/v3/write_lp?db=x&precision=nanosecond", "Bearer"},
		{"nanoseconds may be named", "http://h:1/write?db=x&precision=n", "", "http://h:1/write?db=x&precision=n", "Token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			a, err := complete(u, tt.database)
			if err != nil {
				t.Fatal(err)
			}
			if u.String() != tt.want || a.auth != tt.auth {
				t.Errorf("got %s with %q, want %s with %q", u, a.auth, tt.want, tt.auth)
			}
		})
	}
}

func TestNameHasTheAddress(t *testing.T) {
	for addr, want := range map[string]string{
		"db.example":              "influx+http://db.example:8086/write?db=app&precision=ns",
		"127.0.0.1:9999":          "influx+http://127.0.0.1:9999/write?db=app&precision=ns",
		"http://h/write?gzip=off": "influx+http://h:80/write?db=app&precision=ns",
		"h?gzip=on":               "influx+http://h:8086/write?db=app&precision=ns",
		"udp://h:8090":            "influx+udp://h:8090",
		"unix:///run/x.sock":      "influx+unix:///run/x.sock",
		"influx+tcp://h:8094":     "influx+tcp://h:8094",
	} {
		p, err := Open(addr, Options{Database: "app"})
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			continue
		}
		if p.Name() != want {
			t.Errorf("%s is named %s, want %s", addr, p.Name(), want)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestErrorsOfAddressesSayWhatToWrite(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8086":                          "add ?db=DB",
		"http://h:8086":                           "add ?db=DB",
		"http://h/api/v2/write?org=o":             "add ?org=ORG&bucket=BUCKET",
		"http://h/api/v3/write_lp":                "add ?db=DB",
		"http://h/query?db=x":                     "write /write?db=DB",
		"http://h/write?db=x&precision=s":         "remove it",
		"http://h/write?db=%zz":                   "%XX",
		"http://h/write?db=x&gzip=false":          "gzip=false is not known; write gzip=on or gzip=off",
		"https://h/write?db=x&gzip=on&gzip=on":    "write it once",
		"udp://h:1?gzip=off":                      "udp has no options",
		"udp://h":                                 "no port",
		"graphite+http://h/write?db=x":            "graphite",
		"http://user:secret@h/write?precision=ns": "add ?db=DB",
		"http://h/write?p=secret&u=user":          "add ?db=DB",
	} {
		_, err := Open(addr, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to contain %q", addr, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows the password: %v", addr, err)
		}
	}
}
