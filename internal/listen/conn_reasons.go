package listen

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/loglimit"
	"monkit.example/reporters/ledger"
)

// connReason is why a listener closed a connection that its peer did not end.
type connReason int

const (
	connIdle connReason = iota
	connSlow
	connNewcomer
	connDescriptors
	connHTTP
	connTLS
	numPlainConnReasons // those above are of every stream, those below of TLS

	connHandshakeFailed connReason = iota - 1
	connHandshakeTimeout
	connHandshakeNewcomer
	connPlain
	connClientCert
	connCertFile
	numConnReasons
)

// connReasons has the word of each reason in series and on pages, and what is logged.
var connReasons = [numConnReasons]struct {
	word  ledger.Reason
	level slog.Level
	log   string // empty if the reason is logged elsewhere
}{
	connIdle:              {"idle", slog.LevelInfo, "closed a connection that sent nothing for the time idle"},
	connSlow:              {"slow", slog.LevelWarn, "closed a connection that sent bytes, but no whole line, for the time idle"},
	connNewcomer:          {"newcomer", slog.LevelWarn, "too many connections are open: closed the one without a line for longest; write a larger maxconns if all are needed"},
	connDescriptors:       {"no_descriptor", slog.LevelWarn, "the process, or the system, lacks descriptors: closed the connection without a line for longest; raise the limit (ulimit -n, LimitNOFILE=)"},
	connHTTP:              {ledger.HTTPOnLinePort, slog.LevelWarn, "closed a connection that speaks HTTP, for this listener takes lines; correct the address of the client"},
	connTLS:               {ledger.TLSOnPlainPort, slog.LevelWarn, "closed a connection that speaks TLS, for this listener has none; listen with tls, or turn it off in the client"},
	connHandshakeFailed:   {"handshake_failed", slog.LevelInfo, "a TLS handshake failed"},
	connHandshakeTimeout:  {"handshake_timeout", slog.LevelInfo, "closed a connection that did not finish its TLS handshake in time"},
	connHandshakeNewcomer: {"handshake_newcomer", slog.LevelWarn, "too many TLS handshakes are unfinished: closed the oldest"},
	connPlain:             {"plain_on_tls_port", slog.LevelWarn, "closed a connection that speaks no TLS, for this listener takes nothing else; use tls in the client"},
	connClientCert:        {"client_certificate", slog.LevelWarn, "closed a connection: its client certificate is missing, or not valid, or not signed by ca"},
	connCertFile:          {"certificate_file", slog.LevelWarn, ""},
}

// rejectedConns counts and logs the connections that a listener closed. The
// zero value is ready. Its methods may be called concurrently.
type rejectedConns struct {
	counts [numConnReasons]atomic.Int64

	mu     sync.Mutex
	limits [numConnReasons]loglimit.Limit // guarded by mu
}

// rejectConn counts that the connection of peer was closed, and logs that once a
// minute for each reason.
func (l *Listener) rejectConn(reason connReason, peer string, attrs ...any) {
	r := &l.rejectedConns
	r.counts[reason].Add(1)
	row := connReasons[reason]
	if row.log == "" {
		return
	}
	r.mu.Lock()
	more, ok := r.limits[reason].Allow(time.Now())
	r.mu.Unlock()
	if ok {
		attrs = append(attrs, "listener", l.name, "peer", loglimit.Cut(peer), "more", more)
		l.opts.Logger.Log(context.Background(), row.level, row.log, attrs...)
	}
}

// connReasonsOf returns how many reasons there are of a listener with TLS, or of
// one without. They are the first ones.
func connReasonsOf(tls bool) int {
	if tls {
		return int(numConnReasons)
	}
	return int(numPlainConnReasons)
}

// RejectedConns returns how many connections the listener closed, by reason; none
// for one of datagrams. These are connections, whose lines were counted before.
func (l *Listener) RejectedConns() ledger.Counts {
	var c ledger.Counts
	for i := range l.rejectedConns.counts {
		c.Count(connReasons[i].word, l.rejectedConns.counts[i].Load())
	}
	return c
}
