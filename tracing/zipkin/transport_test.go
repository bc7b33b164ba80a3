package zipkin

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"monkit.example/internal/faultsink"
	"monkit.example/monkit"
	"monkit.example/reporters/ledger"
)

func TestServerThatTakesNoGzipGetsPlainBodies(t *testing.T) {
	for _, tt := range []struct {
		name, option string
		status       int
		text         string
		visits       int // for two requests
	}{
		{"by its status", "", 415, "", 3},
		{"by its words", "", 400, "Cannot decode UTF-8", 3},
		{"by the address", "/?gzip=off", 415, "", 2},
	} {
		sink := faultsink.NewHTTP(t, faultsink.NoGzip(faultsink.OK(), tt.status, tt.text))
		r := monkit.NewRegistry()
		e := NewWith("http://"+sink.Addr()+tt.option, Options{Registry: r})
		for range 2 {
			run(r.ScopeNamed("s"), slices.Repeat([]string{"a"}, 100)...)
			if err := e.Flush(withTimeout(t)); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if err := e.Close(withTimeout(t)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		spans := 0
		for _, line := range sink.Lines() {
			var array []span
			if err := json.Unmarshal([]byte(line), &array); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			spans += len(array)
		}
		if spans != 200 || sink.Visits() != tt.visits {
			t.Errorf("%s: %d spans are stored after %d requests, want 200 after %d", tt.name, spans, sink.Visits(), tt.visits)
		}
		check(t, e, ledger.Ledger{Accepted: 200, Delivered: 200})
	}
}

func TestGzipOptionOfTheAddressIsChecked(t *testing.T) {
	e := NewWith("http://h/?gzip=1", Options{Registry: monkit.NewRegistry()})
	defer e.Close(withTimeout(t))
	if err := e.Flush(withTimeout(t)); err == nil || !strings.Contains(err.Error(), "gzip=1 is not known; write gzip=on or gzip=off") {
		t.Errorf("Flush: %v", err)
	}
}
