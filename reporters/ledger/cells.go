package ledger

import "sync/atomic"

// The cells of a book: a state, the start of the machine, and counts. Files
// have them in this order, so a number is never used for something else.
const (
	cellState     = 0
	cellBoot      = 1
	cellReceived  = 2
	cellAccepted  = 3
	cellSent      = 4
	cellRecalled  = 5
	cellSpooled   = 6
	cellUnspooled = 7
	cellReasons   = 8  // and those behind it, by the place of a reason in numbered
	cellSkipped   = 63 // the last one
	numCells      = 64
)

// numbered has every reason once. A reason's place is its number in files: new
// reasons come last, and none is ever moved or deleted.
var numbered = [...]Reason{
	Malformed, TooLong, Truncated, RingFull,
	NotFinite, Unsupported,
	QueueFull, Expired, Rejected, Oversize, Ambiguous, Closed, SendFailed, SeriesLimit, NameTooLong, TooOld, TooNew,
	Crash, SpoolFull, DiskError, Corrupt, NoBuffer,
	NameCollision,
	HTTPOnLinePort, TLSOnPlainPort,
	BuffersFull,
}

// It does not compile if there are more reasons than cells.
const _ = uint(cellSkipped - cellReasons - len(numbered))

// cellOf has the cell of every reason.
var cellOf = func() map[Reason]int {
	cells := make(map[Reason]int, len(numbered))
	for i, r := range numbered {
		cells[r] = cellReasons + i
	}
	return cells
}()

// reasonCell returns the cell of reason, or that of other if reason is none of
// the list.
func reasonCell(reason, other Reason) int {
	if cell, ok := cellOf[reason]; ok {
		return cell
	}
	return cellOf[other]
}

// cells are counts that goroutines share. Each of them only grows.
type cells [numCells]atomic.Int64

// values are cells at one moment.
type values [numCells]int64

// load returns what a cell has now.
func (c *cells) load(cell int) int64 { return c[cell].Load() }

// loadDestination reads the cells of a destination, which change between two
// calls of load, in an order that keeps them consistent. Delivered lines are
// sent - recalled at one moment, at which no line was recalled. Lines that were
// dropped before that moment were accepted before it, and so were the delivered
// ones, so what was accepted until later is at least the sum. A retry needs a
// recall between two loads, and these are rare.
func loadDestination(load func(cell int) int64) (v values) {
	v.loadReasons(load)
	for {
		v[cellRecalled] = load(cellRecalled)
		v[cellSent] = load(cellSent)
		if v[cellRecalled] == load(cellRecalled) {
			break
		}
	}
	v[cellAccepted] = load(cellAccepted)
	return v
}

// loadListener reads the cells of a listener. What was received comes last, so
// that it is never less than the rest, of which a line is only one.
func loadListener(load func(cell int) int64) (v values) {
	v.loadReasons(load)
	v[cellAccepted] = load(cellAccepted)
	v[cellSkipped] = load(cellSkipped)
	v[cellReceived] = load(cellReceived)
	return v
}

func (v *values) loadReasons(load func(cell int) int64) {
	for i := range numbered {
		v[cellReasons+i] = load(cellReasons + i)
	}
}

// reasons returns the counts of all reasons that have lines.
func (v *values) reasons() Counts {
	var c Counts
	for i, r := range numbered {
		c.Count(r, v[cellReasons+i])
	}
	return c
}

// ledger returns the counts of a destination.
func (v *values) ledger() Ledger {
	l := Ledger{
		Accepted:  v[cellAccepted],
		Delivered: v[cellSent] - v[cellRecalled],
		Dropped:   v.reasons(),
		Recalled:  v[cellRecalled],
	}
	l.Pending = l.Unaccounted()
	return l
}

// spooled returns how many pending lines are on disk as well, and whether that was
// counted.
func (v *values) spooled() (lines int64, counted bool) {
	return v[cellSpooled] - v[cellUnspooled], v[cellSpooled] > 0
}

// listener returns the counts of a listener.
func (v *values) listener() Listener {
	l := Listener{Received: v[cellReceived] - v[cellSkipped], Accepted: v[cellAccepted], Rejected: v.reasons()}
	l.Pending = l.Received - l.Accepted - l.Rejected.Sum()
	return l
}
