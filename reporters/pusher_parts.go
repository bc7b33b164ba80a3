package reporters

import (
	"context"
	"iter"
)

// PartReporter is implemented by reporters that take the points of a walk in
// parts, so that no batch of all of them need be in memory. A collector asks for
// it, and calls ReportParts instead of Report then: a type that embeds a [*Pusher]
// and has a Report of its own must have a ReportParts, too.
type PartReporter interface {
	Reporter
	// ReportParts is like Report for a batch without points, which parts yields
	// instead, in order. The points of one Key are in one part. A part is valid
	// until the next; it must neither be kept nor changed. parts may be used by
	// one goroutine once.
	ReportParts(ctx context.Context, b *Batch, parts iter.Seq[[]Point]) error
}

var _ PartReporter = (*Pusher)(nil)

// ReportParts implements PartReporter.
func (p *Pusher) ReportParts(ctx context.Context, b *Batch, parts iter.Seq[[]Point]) error {
	defer p.logCollisions()
	return p.report(ctx, b.More, func() {
		p.beginBatchLocked(b)
		for points := range parts {
			p.addPointsLocked(ctx, points)
		}
		p.addSumsLocked(ctx)
	})
}
