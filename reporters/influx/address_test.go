package influx

import (
	"strings"
	"testing"
)

func TestAddresses(t *testing.T) {
	for _, tt := range []struct{ name, addr, database, want, auth string }{
		{"a host", "db.example", "app", "http://db.example:8086/write?db=app&precision=ns", "Token"},
		{"a host and port", "127.0.0.1:9999", "app", "http://127.0.0.1:9999/write?db=app&precision=ns", "Token"},
		{"InfluxDB 1", "http://h:8086/write?db=x", "", "http://h:8086/write?db=x&precision=ns", "Token"},
		{"the address names the database", "http://h:8086?db=x", "app", "http://h:8086/write?db=x&precision=ns", "Token"},
		{"below a path", "https://h:443/insert/0/influx/write?db=x", "", "https://h:443/insert/0/influx/write?db=x&precision=ns", "Token"},
		{"InfluxDB 2", "http://h:8086/api/v2/write?org=o&bucket=b", "", "http://h:8086/api/v2/write?bucket=b&org=o&precision=ns", "Token"},
		{"InfluxDB 3", "https://h:8181/api/v3/write_lp?db=x", "", "https://h:8181/api/v3/write_lp?db=x&precision=nanosecond", "Bearer"},
		{"nanoseconds are said", "http://h:1/write?db=x&precision=n", "", "http://h:1/write?db=x&precision=n", "Token"},
		{"a datagram", "udp://h:8089", "", "udp://h:8089", ""},
		{"a socket", "unix:///run/x.sock", "", "unix:///run/x.sock", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ep, err := parse(tt.addr)
			if err != nil {
				t.Fatal(err)
			}
			ep, auth, err := complete(ep, tt.database)
			if err != nil {
				t.Fatal(err)
			}
			if ep.Destination() != tt.want || auth != tt.auth {
				t.Errorf("got %s with %q, want %s with %q", ep.Destination(), auth, tt.want, tt.auth)
			}
		})
	}
}

func TestBadAddressesSayWhatToWrite(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8086":                          "write ?db=DB",
		"http://h:8086":                           "write ?db=DB",
		"http://h/api/v2/write?org=o":             "write ?org=ORG&bucket=BUCKET",
		"http://h/api/v3/write_lp":                "write ?db=DB",
		"http://h/query?db=x":                     "write /write?db=DB",
		"http://h/write?db=x&precision=s":         "leave it out",
		"http://h/write?db=%zz":                   "%XX",
		"udp://h":                                 "port",
		"graphite+http://h/write?db=x":            "graphite",
		"http://user:secret@h/write?precision=ns": "write ?db=DB",
		"http://h/write?p=secret&u=user":          "write ?db=DB",
	} {
		ep, err := parse(addr)
		if err == nil {
			_, _, err = complete(ep, "")
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %q", addr, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows the password: %v", addr, err)
		}
	}
}
