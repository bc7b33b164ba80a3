package reporters

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/loglimit"
	"monkit.example/reporters/ledger"
)

// longLines keeps the newest lines of a Pusher that were too long to be sent.
type longLines struct {
	unlogged atomic.Bool // some were not logged

	mu    sync.Mutex
	lines []ledger.RejectedLine // guarded by mu; oldest first, at most maxLongLines
	limit loglimit.Limit        // guarded by mu
}

// maxLongLines is how many lines a person who looks for their sender needs at most.
const maxLongLines = 20

// dropLongLocked drops text, which is one line or a pair, as too long. By so many
// lines the ledger grows.
func (p *Pusher) dropLongLocked(text []byte, lines int) {
	p.book.Drop(ledger.Oversize, int64(lines))
	line := text[:min(len(text)-1, maxRejectedText)]
	p.long.add(ledger.RejectedLine{
		At: time.Now(), Destination: p.opts.Name, Reason: ledger.Oversize, Lines: lines, Text: strings.ToValidUTF8(string(line), ""),
		Err: fmt.Sprintf("the line has %d bytes; at most %d can be sent to this destination", len(text), p.opts.MaxLine),
	})
}

func (l *longLines) add(line ledger.RejectedLine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.lines = slices.Delete(l.lines, 0, max(len(l.lines)-maxLongLines, 0))
	l.unlogged.Store(true)
}

// newest returns a copy of the lines, oldest first, without credentials.
func (l *longLines) newest() []ledger.RejectedLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(l.lines)
	for i := range all {
		all[i] = redacted(all[i])
	}
	return all
}

// redacted returns l without credentials. Masking costs more than dropping a line, so
// that lines are masked when they are shown.
func redacted(l ledger.RejectedLine) ledger.RejectedLine {
	l.Text, l.Err = endpoint.RedactLine(l.Text, l.Err, maxExampleText)
	return l
}

// logLongLines logs the newest line that was too long, at most once a minute. No lock
// is held.
func (p *Pusher) logLongLines() {
	if !p.long.unlogged.Load() {
		return
	}
	if line, ok := p.long.next(time.Now()); ok {
		if log := p.log.Load(); log != nil {
			log.LogAttrs(context.Background(), slog.LevelWarn, "lines are too long to be sent, and dropped; the next record of that comes in a minute at the earliest",
				slog.String("destination", p.opts.Name), slog.String("err", line.Err), slog.String("line", line.Text))
		}
	}
}

// next returns the line to log at now, without credentials, if there is one.
func (l *longLines) next(now time.Time) (line ledger.RejectedLine, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.limit.Allow(now); !ok || len(l.lines) == 0 {
		return line, false
	}
	l.unlogged.Store(false)
	return redacted(l.lines[len(l.lines)-1]), true
}
