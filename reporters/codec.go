package reporters

import "monkit.example/reporters/ledger"

// Encoder writes points as lines of one format. An Encoder belongs to one
// destination and is called by one goroutine at a time: it may keep state about
// series, such as prefixes and last values, but no memory it was passed.
type Encoder interface {
	// AppendRun appends the points of run as whole lines, each with its line
	// feed. It returns the extended slice, and how many points it skipped
	// because the format cannot hold them: a NaN, or a kind that the format
	// does not have. All points of a run are of one Key and Time. A counter
	// that did not grow, in a format that sends deltas, is written as nothing
	// and is not skipped.
	AppendRun(dst []byte, run []Point) (out []byte, skipped int)
}

// SkipReasons is implemented by an Encoder that skips points for reasons that the
// points themselves do not show.
type SkipReasons interface {
	// SkipReasons returns how many points the last AppendRun skipped by reason,
	// without those that are not finite or of a kind that the format does not
	// have. It is valid until the next AppendRun.
	SkipReasons() ledger.Counts
}

// ListenerEncoder is implemented by an Encoder that remembers points that were
// received, within bounds that each listener has for itself.
type ListenerEncoder interface {
	// BeginListener is called before the lines or points of a batch are encoded, with
	// the name of the listener that received them: "" for those of a collector.
	BeginListener(name string)
}

// Decoder reads lines of one format.
type Decoder interface {
	// Decode adds the whole lines of p to b and returns how many bytes they
	// are. A last line without a line feed is left to the caller, which calls
	// again when it has more. Each line is passed to Batch.AddLine or to
	// Batch.Reject; an error in one line never affects the next. Lines of
	// spaces and tabs, and comments, are counted in Batch.Skipped, so that
	// lines = accepted + rejected + skipped. A line without a time gets b.At.
	// All text is copied into b. A Decoder may also implement [Scanner].
	Decode(b *Batch, p []byte) int
}

// Codec is a format in both directions. Its name, such as "graphite", is what
// Batch.Format holds for lines that it decoded.
type Codec interface {
	Named
	Encoder
	Decoder
}
