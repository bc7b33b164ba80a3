package monkittest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/monkit"
)

// A test in a bubble may watch a registry that code outside the bubble uses
// too, such as monkit.Default. The runtime ends the program if a channel of a
// bubble is closed from outside, so a wait must not depend on one.
func TestWaitInABubbleWhileSpansEndOutside(t *testing.T) {
	shared := monkit.NewRegistry()
	mon := shared.ScopeNamed("shop")
	waiting, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		<-waiting
		run(context.Background(), mon, "outside", nil)
	}()
	synctest.Test(t, func(t *testing.T) {
		r := Watch(t, shared)
		go run(t.Context(), mon, "inside", nil, func(context.Context) {
			time.Sleep(time.Second)
			close(waiting)
			<-ended
		})
		r.WaitSpan(t.Context(), "inside")
		r.Span("outside")
	})
}
