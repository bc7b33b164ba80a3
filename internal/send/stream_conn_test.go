package send

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/endpoint"
)

// pipeConn is one end of a net.Pipe. Its sending direction can be closed, and
// no kernel knows what the peer has.
type pipeConn struct {
	net.Conn
	closedWrite bool
}

func (c *pipeConn) CloseWrite() error { c.closedWrite = true; return nil }

func TestCloseLingersUntilThePeerClosesOrAbort(t *testing.T) {
	const most = time.Second
	for _, tt := range []struct {
		name string
		end  func(t *streamTransport, peer net.Conn)
		want time.Duration // that Close takes
	}{
		{"neither", func(*streamTransport, net.Conn) {}, most},
		{"the peer closes", func(_ *streamTransport, peer net.Conn) { peer.Close() }, 0},
		{"Abort", func(t *streamTransport, _ net.Conn) { t.Abort() }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tr := newStreamTransport(endpoint.Endpoint{}, DialOptions{})
				c, peer := net.Pipe()
				defer peer.Close()
				pc := &pipeConn{Conn: c}
				tr.conn = newStreamConn(pc, pc)
				start, closed := time.Now(), make(chan struct{})
				go func() { tr.Close(); close(closed) }()
				synctest.Wait()
				select {
				case <-closed:
					t.Error("Close does not linger")
				default:
				}
				tt.end(tr, peer)
				<-closed
				if d := time.Since(start); d != tt.want || !pc.closedWrite {
					t.Errorf("Close took %v, want %v; closed the sending direction: %v", d, tt.want, pc.closedWrite)
				}
			})
		})
	}
}
