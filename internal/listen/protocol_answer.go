package listen

import (
	"fmt"
	"io"
	"net"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/reporters/ledger"
)

const (
	// answerTime bounds an answer to a client of another protocol.
	answerTime = time.Second
	// answerRest is how much of its request is read, and not kept, before the
	// connection is closed: what is unread when it closes makes a reset, which
	// deletes the answer before the client has read it.
	answerRest = 256 << 10
)

// rejectProtocol counts the connection, which speaks another protocol. One that
// speaks HTTP gets an answer which says so.
func (s *stream) rejectProtocol(wrong *protocolError) {
	l := s.listener
	s.reject(wrong.reason, wrong.request, 1)
	if wrong.reason == ledger.TLSOnPlainPort {
		l.rejectConn(connTLS, s.peer.text)
		return
	}
	l.rejectConn(connHTTP, s.peer.text, "request", endpoint.RedactText(string(wrong.request), maxLogged))
	s.conn.SetDeadline(time.Now().Add(answerTime)) // if it fails, so does the answer
	answerHTTP(s.conn, fmt.Sprintf("This port takes lines%s, not HTTP. Correct the port or the protocol of the client.\n", l.takes()))
}

// takes names the format of the lines, if there is one.
func (l *Listener) takes() string {
	if l.format == "" {
		return ""
	}
	return " of " + l.format
}

// answerHTTP writes a response and waits for the client to end the connection, within
// its deadline. Errors are those of a client that is gone.
func answerHTTP(conn net.Conn, text string) {
	_, err := fmt.Fprintf(conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(text), text)
	if err != nil {
		return
	}
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		c.CloseWrite() // if it fails, the client is gone
	}
	io.CopyN(io.Discard, conn, answerRest) // it ends with an error, or there is more than is read
}
