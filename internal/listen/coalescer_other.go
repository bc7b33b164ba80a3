//go:build !linux

package listen

import (
	"net"
	"time"
)

// oneShotPoll does nothing: reads block until a datagram arrives.
type oneShotPoll struct{}

func (*oneShotPoll) wait() error { return nil }

func (*oneShotPoll) pause(time.Duration, <-chan struct{}) {}

// lowWater does nothing: streams wake their poller with every segment.
type lowWater struct{}

func newLowWater(net.Conn) *lowWater { return nil }

func (*lowWater) raise() {}

func (*lowWater) restore() {}
