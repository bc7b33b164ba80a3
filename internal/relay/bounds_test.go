package relay

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestMemoryIsDivided(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		cfg                     Config
		listeners, destinations int
		ring, queue             int
		err                     string
	}{
		{"default", Config{}, 1, 1, 8 << 20, 21474836, ""},
		{"more than the default is enough for", Config{}, 1, 1000, 16 << 20, 524455, ""},
		{"a queue that was chosen", Config{Queue: 1 << 20}, 1, 1, 8 << 20, 1 << 20, ""},
		{"one of each", Config{Memory: 64 << 20}, 1, 1, 8 << 20, 21474836, ""},
		{"several", Config{Memory: 64 << 20}, 2, 4, 4 << 20, 5368708, ""},
		{"no more than without", Config{Memory: 1 << 30}, 1, 1, 16 << 20, 32 << 20, ""},
		{"a queue that was chosen stays", Config{Memory: 64 << 20, Queue: 1 << 20}, 1, 1, 8 << 20, 1 << 20, ""},
		{"too little for the listeners", Config{Memory: 2 << 20}, 10, 1, 0, 0, "memory: 2 MiB is too little for 10 listeners and 1 destinations; write at least 20 MiB"},
		{"too little for the destinations", Config{Memory: 2 << 20}, 1, 10, 0, 0, "write at least 16 MiB"},
	} {
		b, err := tt.cfg.bounds(tt.listeners, tt.destinations)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil || b.ring != tt.ring || b.queue != tt.queue {
			t.Errorf("%s: ring %d, queue %d, %v, want %d and %d", tt.name, b.ring, b.queue, err, tt.ring, tt.queue)
		}
	}
}

func TestLeastMemoryIsEnough(t *testing.T) {
	for listeners := range 20 {
		for destinations := range 20 {
			_, err := Config{Memory: 1}.bounds(listeners+1, destinations+1)
			_, text, _ := strings.Cut(err.Error(), "at least ")
			var least int64
			if _, err := fmt.Sscanf(text, "%d MiB", &least); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if _, err := (Config{Memory: least << 20}).bounds(listeners+1, destinations+1); err != nil {
				t.Errorf("%s is not enough: %v", text, err)
			}
		}
	}
}

func TestMemoryLimitCoversTheQueueThatWasChosen(t *testing.T) {
	for queue, want := range map[int]int64{0: 64 << 20, 1 << 20: 64 << 20, 1 << 30: 64<<20 + 2*(1<<30-11<<20)*5/4} {
		b, err := Config{Queue: queue}.bounds(1, 2)
		if err != nil || b.memory < want || b.memory > want+4<<20 {
			t.Errorf("a queue of %d bytes needs %d in all, want %d, %v", queue, b.memory, want, err)
		}
	}
}

func TestSizesAreReadable(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1000: "1000 bytes", 64 << 20: "64 MiB", 1 << 30: "1 GiB", 1536 << 10: "1.5 MiB", 3 << 10: "3 KiB", 3_000_000: "2.9 MiB", 1 << 50: "1048576 GiB"} {
		if got := size(n); got != want {
			t.Errorf("%d bytes are printed as %s, want %s", n, got, want)
		}
	}
}

func TestBoundsArePrinted(t *testing.T) {
	r, err := New(Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+tcp://" + refusingAddr(t)}, Spool: t.TempDir(), Drain: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.closeUnused()
	var b strings.Builder
	r.PrintBounds(&b)
	if got := b.String(); !strings.Contains(got, "memory: 64 MiB, of which up to 8 MiB for what each of 1 listeners received, and 20.5 MiB") || !strings.Contains(got, "disk: up to 1 GiB in ") {
		t.Errorf("printed:\n%s", got)
	}
}
