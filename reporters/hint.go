package reporters

// Hint names something in accepted lines by which a Decoder recognises that their
// sender and the options of the listener do not belong together. The lines are
// accepted nevertheless. It is a constant of the Decoder's package.
type Hint struct {
	Name   string // such as "dogstatsd_syntax": the name of the count
	Advice string // what was seen, and what to write, for a log and a page

	// OfPoints is true if the hint is about the points of lines only. It is not
	// counted for lines that are passed on as they are, of which none are made.
	OfPoints bool
}

// Hint counts n lines for which h holds.
func (b *Batch) Hint(h Hint, n int64) {
	if b.Hints == nil {
		b.Hints = make(map[Hint]int64)
	}
	b.Hints[h] += n
}
