package loglimit

import (
	"bytes"
	"log"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWriterPassesOneLineAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := log.New(NewWriter(slog.New(slog.NewTextHandler(&out, nil)), "serving failed"), "", 0)
		for range 1000 {
			l.Print("http: TLS handshake error from 192.0.2.1:5: EOF")
		}
		l.Printf("http: panic serving 192.0.2.1:5: %s", strings.Repeat("é", maxLine))
		l.Print("http: panic serving 192.0.2.1:6")
		time.Sleep(Interval)
		l.Print("two\nlines")
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		want := []string{
			`level=WARN msg="serving failed" err="http: TLS handshake error from 192.0.2.1:5: EOF" more=0`,
			`level=ERROR msg="serving failed" err="http: panic serving 192.0.2.1:5: é`,
			`level=WARN msg="serving failed" err="two\nlines" more=999`,
		}
		if len(lines) != len(want) {
			t.Fatalf("%d records, want %d:\n%.1000s", len(lines), len(want), out.String())
		}
		for i := range want {
			if !strings.Contains(lines[i], want[i]) || len(lines[i]) > maxLine+200 || strings.Contains(lines[i], "\ufffd") {
				t.Errorf("record %d has %d bytes: %.300s, want %s", i, len(lines[i]), lines[i], want[i])
			}
		}
	})
}
