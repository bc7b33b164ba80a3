package reporters

import (
	"context"
	"log/slog"

	"monkit.example/monkit"
)

// NameChecker is implemented by encoders that do not write two series under one
// name. Their AppendRun skips points of a collector that have, in the format, the
// name of another series. A [Pusher] counts those as ledger.NameCollision, emits
// name_collisions, and logs.
type NameChecker interface {
	// BeginBatch is called with the points of a collector's batch before the
	// first run of it, and EndBatch after the last one.
	BeginBatch(points []Point)
	EndBatch()
	// Collisions returns how many series, so far, had the name of another one,
	// and how many points AppendRun has skipped for that. It may be called by
	// any goroutine.
	Collisions() (series, points int64)
	// LogCollisions logs both names of a series that has the name of another
	// one, at most once a minute. reporter is the name of the reporter; to may
	// be nil. It may be called by any goroutine, and is called without locks.
	LogCollisions(to *slog.Logger, reporter string)
}

// SumEncoder is implemented by a NameChecker whose format has totals: it adds up
// counters of a collector that have one name in the format. AppendRun skips their
// points. They are part of the lines that AppendSums appends when the walk ends.
type SumEncoder interface {
	// Held returns how many of the points that the last AppendRun skipped were added
	// to a sum. They are in no count of collisions.
	Held() int
	// AppendSums appends a line for each name that points were added to since the
	// last call.
	AppendSums(dst []byte) []byte
}

// heldLocked returns how many of the points that the encoder has just skipped will
// be sent by addSumsLocked.
func (p *Pusher) heldLocked() int {
	if p.sums == nil {
		return 0
	}
	n := p.sums.Held()
	p.held += n
	return n
}

// addSumsLocked adds the lines of counters that have one name, when a walk ends.
func (p *Pusher) addSumsLocked(ctx context.Context) {
	if p.held == 0 {
		return
	}
	start := len(p.buf)
	p.buf = p.sums.AppendSums(p.buf)
	points := p.held
	p.held = 0
	p.addTextLocked(ctx, start, points)
}

// newCollisionsLocked returns how many points the encoder has skipped because of
// their names since the last call.
func (p *Pusher) newCollisionsLocked() int64 {
	if p.names == nil {
		return 0
	}
	_, points := p.names.Collisions()
	more := points - p.collided
	p.collided = points
	return more
}

// logCollisions logs what the encoder found. No lock is held.
func (p *Pusher) logCollisions() {
	if p.names != nil {
		p.names.LogCollisions(p.log.Load(), p.opts.Name)
	}
}

// nameCollisions is a field of the series send, which the encoder counts.
const nameCollisions = "name_collisions"

// emitCollisions emits how many series have the name of another one.
func (p *Pusher) emitCollisions(cb func(key monkit.SeriesKey, field string, val float64)) {
	if p.names != nil {
		series, _ := p.names.Collisions()
		cb(p.key, nameCollisions, float64(series))
	}
}
