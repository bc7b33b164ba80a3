package main

import "testing"

func TestValuesHaveUnits(t *testing.T) {
	for _, tt := range []struct {
		measurement, field string
		val                float64
		want               string
	}{
		{"function", "total", 0, "0"},
		{"function", "total", 9999, "9999"},
		{"function", "total", 12345, "12.3 k"},
		{"function", "total", -2_500_000, "-2.50 M"},
		{"function", "total", 3e21, "3e+06 P"},
		{"function", "current", 0.12345, "0.123"},
		{"function", "current", 12.345, "12.3"},
		{"function_times", "count", 12, "12"},
		{"function_times", "r99", 0, "0 s"},
		{"function_times", "r99", 0.0123, "12.3 ms"},
		{"function_times", "r99", 0.0000123, "12.3 µs"},
		{"function_times", "r99", 1e-12, "0.001 ns"},
		{"function_times", "sum", 2.345, "2.35 s"},
		{"function_times", "sum", 9876, "9876 s"},
		{"list_time", "max", 0.5, "500 ms"},
		{"collect", "walk_seconds", 0.25, "250 ms"},
		{"video_bytes", "max", 65536, "64 KiB"},
		{"video_bytes", "count", 2048, "2048"},
		{"send", "queue_bytes", 0, "0 B"},
		{"send", "queue_bytes", 1536, "1.50 KiB"},
		{"send", "queue_bytes", 3e20, "266454 PiB"},
		{"sent_bytes", "total", 2048, "2 KiB"},
		{"sent_bytes", "rate", 10, "10"},
		{"runtime_cpu_seconds", "total", 0.25, "250 ms"},
		{"vlite.video_bytes", "", 1, "1 B"},
	} {
		if got := unitOf(tt.measurement, tt.field).format(tt.val); got != tt.want {
			t.Errorf("%s %s of %v is shown as %q, want %q", tt.measurement, tt.field, tt.val, got, tt.want)
		}
	}
}
