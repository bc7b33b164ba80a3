package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monkit.example/internal/relay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A relay cannot run twice, because the first Run closes its listeners.
func TestExitCodeDependsOnTheListeners(t *testing.T) {
	r, err := relay.New(relay.Config{Listen: []string{"graphite+udp://127.0.0.1:0"}, Forward: []string{"graphite+udp://127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		want int
	}{
		{"no listener fails", ended, exitOK},
		{"a listener fails", t.Context(), exitFailed},
	} {
		var out strings.Builder
		o := newOutput(&out, io.Discard)
		got := runAndPrint(tt.ctx, r, o)
		o.close()
		if got != tt.want || !strings.HasPrefix(out.String(), "ledger: received=0 ") {
			t.Errorf("%s: the exit code is %d, want %d, and the output\n%s", tt.name, got, tt.want, out.String())
		}
	}
}
