package send

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"
)

func TestErrorsKeepTheirKindAndCauseWhenWrapped(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Error
	}{
		{errDown, Error{kind: retry}},
		{Permanent(errDown), Error{kind: permanent}},
		{Oversize(errDown), Error{kind: oversize}},
		{Ambiguous(errDown), Error{kind: ambiguous}},
		{RetryAfter(time.Second, errDown), Error{kind: retry, after: time.Second}},
		{Split(errDown), Error{kind: split}},
		{TooLarge(errDown), Error{kind: tooLarge}},
		{Partial(2, errDown), Error{kind: partial, rejected: 2}},
	} {
		e := classify(fmt.Errorf("wrapped: %w", tt.err))
		if e.kind != tt.want.kind || e.after != tt.want.after || e.rejected != tt.want.rejected {
			t.Errorf("got %+v, want %+v", e, tt.want)
		}
		if !errors.Is(e, errDown) || !errors.Is(tt.err, errDown) || tt.err.Error() != "down" {
			t.Errorf("%v of kind %d has lost its cause", tt.err, tt.want.kind)
		}
	}
}

func TestErrorOfAPostIsAmbiguousUnlessTheDialFailed(t *testing.T) {
	for _, tt := range []struct {
		cause error
		kind  kind
		text  string
	}{
		{&net.OpError{Op: "dial", Net: "tcp", Err: errDown}, retry, "post: dial tcp: down"},
		{&net.OpError{Op: "read", Net: "tcp", Err: errDown}, ambiguous, "post: read tcp: down"},
		{errDown, ambiguous, "post: down"},
	} {
		err := postError(&url.Error{Op: "Post", URL: "http://user:geheim@h/", Err: tt.cause}, nil)
		if e := classify(err); e.kind != tt.kind || err.Error() != tt.text {
			t.Errorf("kind %d, text %q, want %d and %q", e.kind, err, tt.kind, tt.text)
		}
	}
}
