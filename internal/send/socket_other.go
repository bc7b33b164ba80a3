//go:build !linux

package send

import (
	"net"
	"time"
)

// sendBuffer cannot be read on this system: bytes that the local system took
// count as acknowledged.
type sendBuffer struct{}

func newSendBuffer(net.Conn, bool) *sendBuffer { return &sendBuffer{} }

func (*sendBuffer) size() (n int, ok bool) { return 0, false }

func (*sendBuffer) unacked(int) int { return 0 }

func (*sendBuffer) canTry() bool { return false }

func (*sendBuffer) tryWrite([]byte) (int, error) { return 0, nil }

// silence is not known: the keepalive of the system, and its limit for sending
// bytes again, find a dead peer.
func (*sendBuffer) silence() time.Duration { return 0 }

// isEmpty always reports false, so that Close waits until the peer closes, or
// for lingerTime.
func (*sendBuffer) isEmpty() bool { return false }
