package webpage

import (
	"context"
	"fmt"
)

// MaxWalks is how many pages of this process may walk a registry at a time. A
// walk reads every series or function, and each of them takes a processor from
// the program.
const MaxWalks = 2

var walks = make(chan struct{}, MaxWalks)

// BeginWalk waits until fewer than MaxWalks walks are in progress, or ctx ends.
// The caller calls end after its walk, and before it waits for a client.
func BeginWalk(ctx context.Context) (end func(), err error) {
	select {
	case walks <- struct{}{}:
		return func() { <-walks }, nil
	default:
	}
	select {
	case walks <- struct{}{}:
		return func() { <-walks }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for other pages: %w", context.Cause(ctx))
	}
}
