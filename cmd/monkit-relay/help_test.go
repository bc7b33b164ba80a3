package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"monkit.example/internal/aggregate"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// What the numbers of an aggregate mean is in the help and in README, with every
// field.
func TestFieldsOfAnAggregateAreDocumented(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "### What the numbers of StatsD lines mean")
	section, _, _ = strings.Cut(section, "\n| reason |")
	a, b := aggregate.New(aggregate.Options{}), &reporters.Batch{At: time.Now()}
	for i, kind := range []reporters.Kind{reporters.CounterDelta, reporters.Gauge, reporters.Sample, reporters.SetMember} {
		b.Points = append(b.Points, reporters.Point{Key: monkit.NewSeriesKey(kind.String()), Kind: kind})
		b.AddLine(nil, i)
	}
	if err := a.Report(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	fields := 0
	a.Stats(func(_ monkit.SeriesKey, field string, _ float64) {
		fields++
		if word := regexp.MustCompile(`\b` + field + `\b`); !word.MatchString(usage) || !strings.Contains(section, "`"+field+"`") {
			t.Errorf("the help or README lacks the field %s", field)
		}
	})
	if err := a.Ledger().Check(); err != nil || fields != 17 {
		t.Errorf("there are %d fields, ledger %v", fields, err)
	}
	for _, want := range []string{"-aggregate-memory", "1 KiB", "for an hour"} {
		if !strings.Contains(section, want) {
			t.Errorf("README lacks %q", want)
		}
	}
}
