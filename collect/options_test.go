package collect

import (
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	for _, tt := range []struct {
		name             string
		o                Options
		interval, spread time.Duration
	}{
		{"zero", Options{}, 10 * time.Second, 5 * time.Second},
		{"half of a short interval", Options{Interval: time.Second}, time.Second, 500 * time.Millisecond},
		{"at most 5 s", Options{Interval: time.Hour}, time.Hour, 5 * time.Second},
		{"a spread is kept", Options{Spread: time.Second}, 10 * time.Second, time.Second},
		{"no spread", Options{Spread: -1}, 10 * time.Second, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.o.withDefaults()
			if o.Interval != tt.interval || o.Spread != tt.spread || o.Logger == nil {
				t.Errorf("got %+v, want interval %v, spread %v and a logger", o, tt.interval, tt.spread)
			}
		})
	}
}
