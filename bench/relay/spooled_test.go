package main

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestCheckSpool(t *testing.T) {
	for _, tt := range []struct {
		name            string
		ratio           float64
		written, trials int
		ok              bool
	}{
		{"cheap, nothing written", 1, 0, 6, true},
		{"at the limit", 1.15, 0, 6, true},
		{"above the limit", 1.16, 0, 6, false},
		{"nothing was measured", math.NaN(), 0, 6, false},
		{"written in a few trials", 1, 2, 6, true},
		{"written in half of them", 1, 3, 6, false},
		{"no trial", 1, 0, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := checkSpool(1000, tt.ratio, tt.written, tt.trials); (err == nil) != tt.ok {
				t.Errorf("error %v, want one: %v", err, !tt.ok)
			}
		})
	}
}

func TestTrialsThatWrote(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"1/tcp-carbon/book", "1/tcp-carbon/spool/cursor",
		"2/tcp-carbon/spool/00000000000000000001.seg", "2/tcp-carbon/spool/00000000000000000009.seg",
		"3/tcp-carbon/book",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written, trials, err := trialsThatWrote(dir)
	if written != 1 || trials != 3 || err != nil {
		t.Errorf("%d of %d trials, %v; want 1 of 3", written, trials, err)
	}
	if _, _, err := trialsThatWrote(filepath.Join(dir, "missing")); err == nil {
		t.Error("no error for a folder that does not exist")
	}
}

// The relay with a spool opens it, and delivers each line.
func TestTrialWithSpool(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	p, err := monkitRelay(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r, err := p.withSpool(dir).trial(modes[0], 5000, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.unaccounted(); n != 0 || r.sent < 1000 {
		t.Errorf("%d lines unaccounted: %+v", n, r)
	}
	cursors, err := filepath.Glob(filepath.Join(dir, "*", "*", "spool", "cursor"))
	if err != nil || len(cursors) != 1 {
		t.Errorf("spools that were opened: %v, %v; want one", cursors, err)
	}
}
