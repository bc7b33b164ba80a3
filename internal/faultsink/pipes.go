package faultsink

import (
	"net"
	"sync"
)

// Pipes is a listener without a network, for tests in fake time: it accepts what is
// sent to Conns.
type Pipes struct {
	Conns chan net.Conn

	closed chan struct{}
	once   sync.Once
}

// NewPipes returns a listener that accepts net.Pipe connections, one at a time.
func NewPipes() *Pipes { return &Pipes{Conns: make(chan net.Conn), closed: make(chan struct{})} }

// Accept implements net.Listener.
func (p *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.Conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *Pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// Addr implements net.Listener.
func (p *Pipes) Addr() net.Addr { return &net.TCPAddr{} }
