package send

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// upperCase is a Wrapper of a Messenger, and upperStream one of a Stream. They
// have none of the optional methods.
type (
	upperCase   struct{ Messenger }
	upperStream struct{ Stream }
)

func (u upperCase) Deliver(ctx context.Context, p []byte) error {
	return u.Messenger.Deliver(ctx, bytes.ToUpper(p))
}

func (u upperCase) Unwrap() Transport   { return u.Messenger }
func (u upperStream) Unwrap() Transport { return u.Stream }

// wrap returns t in n wrappers.
func wrap(t Transport, n int) Transport {
	for range n {
		if s, ok := t.(Stream); ok {
			t = upperStream{s}
		} else {
			t = upperCase{t.(Messenger)}
		}
	}
	return t
}

// fields returns the names of the transport's fields in the series of a Sender.
func fields(t Transport) (names []string) {
	if s, ok := optional[statser](t); ok {
		names = slices.Sorted(maps.Keys(stats(s)))
	}
	return names
}

func TestWrapperHasTheOptionalMethodsOfWhatItWraps(t *testing.T) {
	for _, tt := range []struct {
		addr      string
		datagrams bool
		aborts    bool
	}{
		{"tcp://127.0.0.1:1", false, true},
		{"unix:///s", false, true},
		{"udp://127.0.0.1:1", true, false},
		{"unixgram:///s", true, false},
		{"http://127.0.0.1:1/", false, false},
	} {
		inner := open(t, tt.addr, DialOptions{})
		want := fields(inner)
		for depth := range 3 {
			outer := wrap(inner, depth)
			_, aborts := optional[aborter](outer)
			if got := fields(outer); len(got) == 0 || !slices.Equal(got, want) || isDatagrams(outer) != tt.datagrams || aborts != tt.aborts {
				t.Errorf("%s in %d wrappers: fields %v, want %v; datagrams %v, aborts %v", tt.addr, depth, got, want, isDatagrams(outer), aborts)
			}
		}
		inner.Close()
	}
	if _, ok := optional[statser](wrap(&fakeMessenger{}, 2)); ok {
		t.Error("a transport without statistics has some")
	}
}

func TestCloseAbortsAWrappedTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := &lingeringMessenger{aborted: make(chan struct{})}
		s := New(wrap(inner, 2), fast)
		start := time.Now()
		if err := s.Close(within(t, time.Second)); err != nil || time.Since(start) != time.Second {
			t.Errorf("Close() = %v after %v, want nil when its context ends", err, time.Since(start))
		}
		<-s.done // never closed if the transport is not aborted
	})
}

func TestDatagramsOfAWrapperArePaced(t *testing.T) {
	s := New(wrap(&fakeDatagrams{}, 1), fast)
	defer s.Close(t.Context())
	if s.pace == nil {
		t.Error("the datagrams are sent at once")
	}
}
