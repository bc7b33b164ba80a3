package reporters

import (
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
