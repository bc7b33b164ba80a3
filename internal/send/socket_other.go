//go:build !linux

package send

import (
	"net"
	"syscall"
)

// sendBuffer cannot be read on this system: bytes that the local system took
// count as acknowledged.
type sendBuffer struct{}

func newSendBuffer(net.Conn, bool) sendBuffer { return sendBuffer{} }

func (sendBuffer) unacked(int) int { return 0 }

// isEmpty always reports false, so that Close waits until the peer closes, or
// for lingerTime.
func (sendBuffer) isEmpty() bool { return false }

func controlTCP(string, string, syscall.RawConn) error { return nil }
