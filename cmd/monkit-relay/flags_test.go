package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/relay"
)

// A size or time is written in the same way in each flag.
func TestFlagsShareOneGrammarOfSizesAndTimes(t *testing.T) {
	for _, tt := range []struct {
		args string
		want func(c relay.Config) bool
	}{
		{"-rcvbuf 16MiB", func(c relay.Config) bool { return c.RcvBuf == 16<<20 }},
		{"-rcvbuf 16m", func(c relay.Config) bool { return c.RcvBuf == 16<<20 }},
		{"-rcvbuf 8388608", func(c relay.Config) bool { return c.RcvBuf == 8<<20 }},
		{"-queue 1.5MiB", func(c relay.Config) bool { return c.Queue == 3<<19 }},
		{"-spool-max 4G", func(c relay.Config) bool { return c.SpoolBytes == 4<<30 }},
		{"-memory 128MB", func(c relay.Config) bool { return c.Memory == 128e6 }},
		{"-drain 5", func(c relay.Config) bool { return c.Drain == 5*time.Second }},
		{"-max-age 7d", func(c relay.Config) bool { return c.MaxAge == 7*24*time.Hour }},
		{"-aggregate 1m30s", func(c relay.Config) bool { return c.Aggregate == 90*time.Second }},
	} {
		cfg, err := parseFlags(strings.Fields(tt.args), io.Discard)
		if err != nil || !tt.want(cfg) {
			t.Errorf("%s: %+v, %v", tt.args, cfg, err)
		}
	}
}

// The texts of defaults are read by people and can be written as values.
func TestHelpPrintsDefaultsThatCanBeWritten(t *testing.T) {
	var out strings.Builder
	parseFlags([]string{"-h"}, &out)
	for _, want := range []string{"(default 8MiB)", "(default 10s)", "(default 5s)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help lacks %q:\n%s", want, &out)
		}
	}
}

func TestDemoAndSpoolTakeTheSameTimes(t *testing.T) {
	if o, err := parseDemo([]string{"-for", "6", "-interval", "0.5"}, io.Discard); err != nil || o.duration != 6*time.Second || o.interval != 500*time.Millisecond {
		t.Errorf("the demo has %+v, %v", o, err)
	}
	now := time.Unix(1_700_000_000, 0)
	for in, want := range map[string]time.Duration{"10m": 10 * time.Minute, "2d": 48 * time.Hour, "30": 30 * time.Second, "1699999990": 10 * time.Second, "2023-11-14T22:13:19Z": time.Second} {
		if got, err := parseTime(in, now); err != nil || now.Sub(got) != want {
			t.Errorf("parseTime(%q) = %v, %v, want %v before now", in, got, err, want)
		}
	}
}
