package send

import (
	"testing"
	"time"

	"monkit.example/internal/endpoint"
)

func TestDefaultsOfOptions(t *testing.T) {
	o := Options{MaxBytes: -1, MaxAge: -1, InitialBackoff: -1, MaxBackoff: -1}.withDefaults()
	want := Options{MaxBytes: 32 << 20, MaxAge: 10 * time.Minute, ChunkBytes: 64 << 10, InitialBackoff: 500 * time.Millisecond, MaxBackoff: 30 * time.Second}
	if o != want || (Options{}).withDefaults() != want {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
	small := Options{MaxBytes: 8, MaxAge: 1, ChunkBytes: 1, InitialBackoff: 1, MaxBackoff: 1}
	if o := small.withDefaults(); o != small {
		t.Errorf("got  %+v\nwant %+v", o, small)
	}
}

func TestLinesThatCountWhenTheyArriveAreNotKeptLong(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{0: time.Minute, time.Hour: time.Minute, time.Second: time.Second} {
		if o := (Options{AtMostOnce: true, MaxAge: asked}).withDefaults(); o.MaxAge != want {
			t.Errorf("MaxAge %v becomes %v, want %v", asked, o.MaxAge, want)
		}
	}
}

func TestChunksAreAPartOfTheQueue(t *testing.T) {
	if o := (Options{MaxBytes: 800, ChunkBytes: 1000}).withDefaults(); o.ChunkBytes != 100 {
		t.Errorf("ChunkBytes is %d, want an eighth of MaxBytes", o.ChunkBytes)
	}
}

func TestPayloadFitsIntoTheQueue(t *testing.T) {
	for queue, want := range map[int]int{-1: 512 << 10, 0: 512 << 10, 1 << 30: 512 << 10, 1 << 20: 128 << 10, 16 << 10: 8 << 10, 100: 100} {
		if got := PayloadSize(512<<10, queue); got != want {
			t.Errorf("with a queue of %d bytes a payload has up to %d, want %d", queue, got, want)
		}
	}
}

func TestOpenRejectsAnEndpointThatWasNotParsed(t *testing.T) {
	for _, transport := range []string{endpoint.HTTP, endpoint.HTTPS, "sctp", ""} {
		if tr, err := Open(endpoint.Endpoint{Transport: transport}, DialOptions{}); tr != nil || err == nil {
			t.Errorf("transport %q: Open returns %v, %v", transport, tr, err)
		}
	}
}

func TestDefaultsOfDialOptions(t *testing.T) {
	o := DialOptions{}.withDefaults()
	if o.ContentType != "text/plain; charset=utf-8" || o.Timeout != 10*time.Second || o.MaxDatagram != 65507 || o.Lookup == nil {
		t.Errorf("got %+v", o)
	}
	for in, want := range map[int]int{-1: 65507, 1: 1, 65507: 65507, 65508: 65507} {
		if o := (DialOptions{MaxDatagram: in}).withDefaults(); o.MaxDatagram != want {
			t.Errorf("MaxDatagram %d becomes %d, want %d", in, o.MaxDatagram, want)
		}
	}
}
