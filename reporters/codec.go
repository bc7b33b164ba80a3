package reporters

import "context"

// Encoder turns points into the lines of one format. It belongs to one
// destination and is used by one goroutine at a time: it may keep state about
// series (cached prefixes, last totals), never the memory it was lent.
type Encoder interface {
	// AppendRun appends a run as whole lines, each with its end, and returns
	// the longer slice and how many points the format cannot hold (a NaN, a
	// kind it has no word for). All points of a run are neighbours with one
	// Key and Time. A run may have nothing to say, such as a total that did
	// not grow where deltas are sent: then it appends nothing and skips nothing.
	AppendRun(dst []byte, run []Point) (out []byte, skipped int)
}

// Decoder turns bytes of one format into points.
type Decoder interface {
	// Decode appends to b what the whole lines of p say and returns how many
	// bytes they took; a last line without an end is left to the caller, who
	// calls again with more. Each line goes to Batch.AddLine or Batch.Reject:
	// a bad line never eats its neighbour. Blank lines, which hold spaces and
	// tabs at most and may end in a carriage return, and comments are counted in
	// Batch.Skipped, so that lines = accepted + rejected + skipped. A line
	// without a time gets b.At. Text is copied into b.
	Decode(b *Batch, p []byte) int
}

// Codec is a format both ways.
type Codec interface {
	Name() string // such as "graphite": what Batch.Format holds
	Encoder
	Decoder
}

// Reporter takes batches out of the process, or keeps them for a page.
type Reporter interface {
	// Report takes over what b says. It may block: the collector gives each
	// reporter a goroutine of its own.
	Report(ctx context.Context, b *Batch) error
	// Flush waits until all that was reported is delivered or dropped.
	Flush(ctx context.Context) error
	// Close flushes until ctx ends and joins every goroutine. It is idempotent.
	Close(ctx context.Context) error
}

// Sender gets payloads out. A payload is whole lines of one format; lines is
// how many of the ledger's lines it settles, which is 0 for the first parts
// of a line that became several.
type Sender interface {
	Send(ctx context.Context, payload []byte, lines int) error // copies payload; an error means not taken
	Flush(ctx context.Context) error
	Close(ctx context.Context) error
}
