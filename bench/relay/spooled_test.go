package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestCheckSpool(t *testing.T) {
	costs := func(ns ...int) (rs []result) {
		for _, n := range ns {
			rs = append(rs, result{arrived: 1, cpu: time.Duration(n)})
		}
		return rs
	}
	for _, tt := range []struct {
		name          string
		without, with []result
		file          string
		ok            bool
	}{
		{"equal", costs(100), costs(100), "", true},
		{"at the limit", costs(100), costs(115), "", true},
		{"above the limit", costs(100), costs(116), "", false},
		{"the medians count", costs(1, 100, 100), costs(900, 100, 100), "", true},
		{"nothing was measured", costs(0), costs(0), "", false},
		{"a book", costs(100), costs(100), "tcp-carbon/book", true},
		{"a segment", costs(100), costs(100), "tcp-carbon/spool/00000000000000000001.seg", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.file != "" {
				path := filepath.Join(dir, tt.file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := checkSpool(tt.without, tt.with, dir); (err == nil) != tt.ok {
				t.Errorf("error %v, want one: %v", err, !tt.ok)
			}
		})
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
	r, err := p.withSpool(dir).trial(5000, 500*time.Millisecond)
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
