package ledger

import "sync/atomic"

// A Book counts the lines of one destination. Its methods may be called by
// several goroutines at once; none of them locks. A line is counted as accepted
// before it is counted as anything else, as sent before it is recalled, and as
// dropped at most once, while it is pending. Numbers of lines are not negative.
//
// What is pending is derived: accepted - (sent - recalled) - dropped. A test
// therefore compares [Ledger.Pending] with the lines that really wait.
type Book struct{ book }

var _ Keeper = (*Book)(nil)

// NewBook returns a Book in memory. It is empty.
func NewBook() *Book { return new(Book) }

// OpenBook returns a Book that goes on with the counts of the file at path, and
// keeps them there, so that they survive a process that is killed. It makes the
// file, with mode 0600, if there is none; the folder must exist. Identity says
// which destination it is: a file of another is not used. It is written to the
// file and in errors, so it has no secrets.
//
// OpenBook always returns a Book that works. An error is an [*OpenError] and
// says what is not as it should be: that the counts are in memory only, or that
// they start from zero because the file was damaged.
//
// The file survives a crash of the process wherever it is. It survives one of
// the machine only if the Book was closed before: see [EndRebooted]. A write to
// a page of a file may wait for the disk, so if only crashes of the process
// matter, a file system in memory, such as /run, is the better place.
func OpenBook(path, identity string) (*Book, error) {
	b := new(Book)
	return b, b.open(path, origin{destination, identity, bootNumber()})
}

// Accept counts n lines as taken over. They are pending.
func (b *Book) Accept(n int64) { b.add(cellAccepted, n) }

// Sent counts n pending lines as delivered.
func (b *Book) Sent(n int64) { b.add(cellSent, n) }

// Recall counts n lines that were counted as sent as pending again, to be sent
// once more.
func (b *Book) Recall(n int64) { b.add(cellRecalled, n) }

// Drop counts n pending lines as given up. A reason that is none of this
// package is counted as [SendFailed].
func (b *Book) Drop(reason Reason, n int64) { b.add(reasonCell(reason, SendFailed), n) }

// Spooled counts n pending lines as on disk as well, once they are there.
func (b *Book) Spooled(n int64) { b.add(cellSpooled, n) }

// Unspooled counts n lines that Spooled has counted as not on disk. It comes before
// they are counted as sent or dropped: a process that is killed in between has them
// counted as lost, and not others as kept.
func (b *Book) Unspooled(n int64) { b.add(cellUnspooled, n) }

// OnDisk returns how many lines Spooled has counted and Unspooled has not.
func (b *Book) OnDisk() int64 { return b.cells.load(cellSpooled) - b.cells.load(cellUnspooled) }

// Ledger returns the counts. They balance, and no number is negative, whatever
// other goroutines count during the call; lines that they count may be pending
// in the result although they are settled. It adds up all runs since the file
// was made.
func (b *Book) Ledger() Ledger {
	v := loadDestination(b.cells.load)
	return v.ledger()
}

// Traffic returns how many lines were counted as sent, each time that they were,
// and how many of them were recalled. Both only grow. It does not allocate.
func (b *Book) Traffic() (sent, recalled int64) {
	return b.cells.load(cellSent), b.cells.load(cellRecalled)
}

// Dropped returns how many lines were given up for reason. It does not
// allocate.
func (b *Book) Dropped(reason Reason) int64 { return b.cells.load(reasonCell(reason, SendFailed)) }

// DroppedLines returns how many lines were given up, for any reason. It does not
// allocate.
func (b *Book) DroppedLines() (lines int64) {
	for i := range numbered {
		lines += b.cells.load(cellReasons + i)
	}
	return lines
}

// Recovered returns the ledger as it was when the run before this one ended,
// and how that ended. It stays the same until the end of this run.
func (b *Book) Recovered() (Ledger, End) { return b.last.ledger(), b.end }

// Settle compares what was pending when the last run ended with the number of
// lines that were found on disk, 0 if there is no spool, and counts the
// difference. Pending lines that [Book.Spooled] did not count as on disk, or that
// are not found there, are lost: they are dropped by [Crash]. If more lines are
// found than were counted as there, the last run had already counted some as sent:
// again is how many are recalled. What is beyond that, such as the lines of a spool
// whose book is gone, is accepted. Then what is pending are the lines on disk, and
// what was counted in this run. Without any call of Spooled in this and all earlier
// runs, as many of the pending lines count as on disk as are found.
//
// It is called once for each start; later calls return zeros and change nothing.
// If it is not called, the next run's call makes up for it.
func (b *Book) Settle(onDisk int64) (again, lost int64) {
	if b.settled.Swap(true) {
		return 0, 0
	}
	onDisk = max(onDisk, 0)
	was := b.carried.ledger()
	spooled, counted := b.carried.spooled()
	kept := onDisk // pending lines that should be on disk
	if counted {
		kept = max(spooled, 0)
	}
	kept = min(kept, was.Pending)
	more := max(onDisk-kept, 0)
	again, lost = min(more, was.Delivered), was.Pending-min(kept, onDisk)
	b.add(cellUnspooled, spooled-onDisk)
	b.add(cellOf[Crash], lost)
	b.add(cellAccepted, more-again)
	b.add(cellRecalled, again)
	b.add(cellSpooled, onDisk-spooled)
	return again, lost
}

// A ListenerBook counts the lines of one listener. Its methods may be called by
// several goroutines at once; none of them locks. A line is counted as received
// when it enters the buffer between socket and decoder, and later as accepted or
// rejected. Numbers of lines are not negative.
type ListenerBook struct{ book }

// NewListenerBook returns a ListenerBook in memory. It is empty.
func NewListenerBook() *ListenerBook { return new(ListenerBook) }

// OpenListenerBook is [OpenBook] for a listener. Lines that were pending when
// the last run ended were in memory alone: they are rejected by [Crash].
func OpenListenerBook(path, identity string) (*ListenerBook, error) {
	b := new(ListenerBook)
	err := b.open(path, origin{listener, identity, bootNumber()})
	b.settle()
	return b, err
}

// settle counts what the last run had pending as rejected.
func (b *ListenerBook) settle() {
	if !b.settled.Swap(true) {
		b.add(cellOf[Crash], b.carried.listener().Pending)
	}
}

// Receive counts n lines that came in. They are pending.
func (b *ListenerBook) Receive(n int64) { b.add(cellReceived, n) }

// Accept counts n pending lines as parsed and passed on.
func (b *ListenerBook) Accept(n int64) { b.add(cellAccepted, n) }

// Reject counts n pending lines as rejected. A reason that is none of this
// package is counted as [Malformed].
func (b *ListenerBook) Reject(reason Reason, n int64) { b.add(reasonCell(reason, Malformed), n) }

// Skip counts n pending lines as none: they are blank, or comments. They are no
// longer in [Listener.Received], which therefore may fall by as many as waited.
func (b *ListenerBook) Skip(n int64) { b.add(cellSkipped, n) }

// Rejected returns how many lines were rejected for reason. It does not
// allocate.
func (b *ListenerBook) Rejected(reason Reason) int64 {
	return b.cells.load(reasonCell(reason, Malformed))
}

// Listener returns the counts. They balance, and no number is negative, whatever
// other goroutines count during the call; lines that they count may be pending
// in the result. It adds up all runs since the file was made.
func (b *ListenerBook) Listener() Listener {
	v := loadListener(b.cells.load)
	return v.listener()
}

// Recovered returns the counts as they were when the run before this one ended,
// and how that ended. What was pending is what was lost.
func (b *ListenerBook) Recovered() (Listener, End) { return b.last.listener(), b.end }

// book is what a Book and a ListenerBook share. The counts are in memory; a page
// of a file has a copy that is good for the next run alone, so that nothing that
// happens to the file can harm this one.
type book struct {
	cells   cells
	page    atomic.Pointer[page] // nil if there is none, or no more
	err     atomic.Pointer[OpenError]
	settled atomic.Bool

	last    values // when the last run ended; set by open
	carried values // what this run began with; set by open
	end     End    // of the last run; set by open
}

// add adds n to a cell, in memory and then in the page.
func (b *book) add(cell int, n int64) {
	if n <= 0 {
		return
	}
	b.cells[cell].Add(n)
	p := b.page.Load()
	if p == nil {
		return
	}
	if err := p.add(cell, n); err != nil && b.page.CompareAndSwap(p, nil) {
		p.discard()
		b.err.Store(&OpenError{Path: p.path, InMemory: true, Err: err})
	}
}

// open lets the book go on with the file of o at path.
func (b *book) open(path string, o origin) error {
	p, r, err := openPage(path, o)
	b.last, b.carried, b.end = r.last, r.carried, r.end
	for i := cellReceived; i < numCells; i++ {
		b.cells[i].Store(b.carried[i])
	}
	b.page.Store(p)
	if err == nil {
		return nil
	}
	opened := &OpenError{Path: path, InMemory: p == nil, Err: err}
	if opened.InMemory {
		b.err.Store(opened)
	}
	return opened
}

// Err returns an [*OpenError] if the counts should be in a file and are in
// memory only, because that failed at the start or since.
func (b *book) Err() error {
	if err := b.err.Load(); err != nil {
		return err
	}
	return nil
}

// Close writes the counts to disk and records in the file that the run ended
// well. What is counted later is in memory only, so it comes last.
func (b *book) Close() error {
	p := b.page.Swap(nil)
	if p == nil {
		return nil
	}
	return p.close()
}
