package spools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"monkit.example/internal/spool"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

const (
	// What is read before it is delivered is at most windowBytes, or one record,
	// and windowRecords. A drain that is interrupted may deliver so much twice.
	windowBytes   = 1 << 20
	windowRecords = 4096
	// readAttempts is how often a part is read that the disk cannot read, before
	// package spool takes it for damage, and once more.
	readAttempts = 4
	// closeTime bounds the end of a connection over which all was sent.
	closeTime = 5 * time.Second
)

// A Destination takes the lines of a Drain. *reporters.Pusher is one.
type Destination interface {
	Name() string
	Send(ctx context.Context, payload []byte, lines int) error
	Flush(ctx context.Context) error
	Close(ctx context.Context) error
	Ledger() ledger.Ledger
	Unavailable() error
}

// A Drain empties one spool. Run does, and Close must be called after it. Other
// goroutines may call Progress.
type Drain struct {
	place      Place
	spool      *spool.Spool
	out        Destination
	maxPayload int            // of a datagram; zero if there are none
	books      []*ledger.Book // of this drain, and of the destination if it has one
	seen       ledger.Ledger  // of out, as far as books count it
	damaged    int64          // lines that books count as such
	failures   int            // to read, one after another
	result     Result
}

// A Result says what became of the lines of a spool.
type Result struct {
	From, To string // names of the spool's destination and of the one that was sent to
	// Ledger accounts for the lines that waited when the drain began. What is
	// pending is still on disk.
	Ledger ledger.Ledger
	Notes  []string // about the counts of earlier runs
	Err    error    // why lines are left, or why that they are sent is not durable
}

// ErrEmpty is the error of NewDrain if nothing waits and the spool does not say
// what it is for.
var ErrEmpty = errors.New("the spool is empty")

// NewDrain opens the spool at p, and with open the destination that its lines
// belong to, or that of the address to if that is not empty. It fails if a
// process has the spool open.
func NewDrain(p Place, to string, open Opener) (*Drain, error) {
	if p.Err != nil {
		return nil, p.Err
	}
	s, err := spool.Open(p.Dir, spool.Options{})
	if errors.Is(err, spool.ErrLocked) {
		return nil, fmt.Errorf("%s: a process has it open and sends what is in it: stop that process first", p.Dir)
	}
	if err != nil {
		return nil, explain(err)
	}
	if s.Identity() == "" && s.Stats().Pending.Records == 0 {
		return nil, cmp.Or(s.Close(), ErrEmpty)
	}
	d := &Drain{place: p, spool: s, books: []*ledger.Book{ledger.NewBook()}}
	addr, err := addressOf(s.Identity(), to)
	if err == nil {
		d.out, d.maxPayload, err = open(addr, s.Format())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", p.Dir, err), s.Close())
	}
	d.begin()
	return d, nil
}

// begin counts what waits.
func (d *Drain) begin() {
	st := d.spool.Stats()
	d.result.From, d.result.To, d.damaged = d.spool.Identity(), d.out.Name(), st.Damaged.Lines
	d.books[0].Accept(st.Pending.Lines)
	if st.Damaged.Records > 0 {
		d.result.Notes = append(d.result.Notes, fmt.Sprintf("%d lines were lost before: their records are damaged", st.Damaged.Lines))
	}
	if d.place.Book == "" || d.result.From == "" {
		return
	}
	b, err := ledger.OpenBook(d.place.Book, d.result.From)
	if opened := (*ledger.OpenError)(nil); errors.As(err, &opened) && opened.InMemory {
		d.result.Notes = append(d.result.Notes, fmt.Sprintf("the next run may count the lines that are sent now as lost: %v", err))
	} else if err != nil {
		d.result.Notes = append(d.result.Notes, err.Error())
	}
	again, lost := b.Settle(st.Pending.Lines)
	if again+lost > 0 {
		_, end := b.Recovered()
		d.result.Notes = append(d.result.Notes,
			fmt.Sprintf("%d lines of the run before are lost, and %d are sent again that it had sent (%v)", lost, again, end))
	}
	d.books = append(d.books, b)
}

// Progress returns the name of what is sent to, how many lines wait, and why
// they are not delivered at present, if that is so.
func (d *Drain) Progress() (to string, waiting int64, failure error) {
	return d.result.To, d.spool.Stats().Pending.Lines, d.out.Unavailable()
}

// Run sends what waits until nothing does, or until ctx ends. It releases what
// was delivered, or dropped for good.
func (d *Drain) Run(ctx context.Context) {
	for d.result.Err == nil && d.step(ctx) {
	}
}

// step sends a part of what waits. It reports whether there may be more.
func (d *Drain) step(ctx context.Context) bool {
	if ctx.Err() != nil && d.spool.Stats().Pending.Records > 0 {
		d.result.Err = d.leftError(ctx)
		return false
	}
	last, readErr := d.sendSome(ctx)
	if last > 0 {
		_ = d.out.Flush(ctx) // the ledger has the lines that were dropped
		if d.out.Ledger().Pending > 0 {
			d.result.Err = d.leftError(ctx)
			return false
		}
		if err := d.release(last); err != nil {
			d.result.Err = err
			return false
		}
	}
	d.countDamage()
	switch {
	case errors.Is(readErr, io.EOF):
		return false
	case readErr == nil:
		d.failures = 0
	case d.failures+1 == readAttempts:
		d.result.Err = readErr
		return false
	default:
		d.failures++
	}
	return true
}

// sendSome reads and sends a window. It returns the sequence of the last record,
// or 0 if there was none, and the error that ended reading.
func (d *Drain) sendSome(ctx context.Context) (last uint64, err error) {
	size := 0
	for n := 0; n < windowRecords && size < windowBytes; n++ {
		rec, err := d.spool.Next()
		if err != nil {
			return last, err
		}
		size += len(rec.Bytes)
		last = rec.Seq
		for payload, lines := range payloads(rec.Bytes, rec.Lines, d.maxPayload) {
			if d.out.Send(context.WithoutCancel(ctx), payload, lines) != nil {
				break // only a closed sender returns an error, and has counted it
			}
		}
	}
	return last, nil
}

// leftError returns why lines are left.
func (d *Drain) leftError(ctx context.Context) error {
	err := context.Cause(ctx)
	if failure := d.out.Unavailable(); failure != nil {
		return fmt.Errorf("%w (last failure: %w)", err, failure)
	}
	return err
}

// release counts what became of the records up to last, and then removes them
// from the spool. If the process is killed between, they are sent again.
func (d *Drain) release(last uint64) error {
	now := d.out.Ledger()
	for _, b := range d.books {
		b.Sent(sentOf(now) - sentOf(d.seen))
		b.Recall(now.Recalled - d.seen.Recalled)
		for reason, n := range now.Dropped {
			b.Drop(reason, n-d.seen.Dropped[reason])
		}
	}
	d.seen = now
	if err := d.spool.Release(last); err != nil {
		return err
	}
	if err := d.spool.Sync(); err != nil {
		return fmt.Errorf("lines were delivered and may be sent again by the next run: %w", err)
	}
	return nil
}

// sentOf returns how many lines were counted as sent, each time that they were.
func sentOf(l ledger.Ledger) int64 { return l.Delivered + l.Recalled }

// countDamage counts lines of records that turned out to be damaged.
func (d *Drain) countDamage() {
	n := d.spool.Stats().Damaged.Lines
	for _, b := range d.books {
		b.Drop(ledger.Corrupt, n-d.damaged)
	}
	d.damaged = n
}

// Close closes destination and spool, and returns what became of the lines.
func (d *Drain) Close(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	_ = d.out.Close(ctx) // what it drops is still in the spool, or counted by settleRest
	d.settleRest()
	d.countDamage()
	if q, ok := d.out.(reporters.Quarantine); ok {
		d.noteRejected(q.RejectedLines())
	}
	d.result.Ledger = d.books[0].Ledger()
	d.result.Ledger.Pending = d.spool.Stats().Pending.Lines // counted, not derived, so that a lost line is found
	if err := d.spool.Close(); err != nil {
		d.result.Err = errors.Join(d.result.Err, err)
	}
	for _, b := range d.books[1:] {
		if err := b.Close(); err != nil {
			d.result.Notes = append(d.result.Notes, fmt.Sprintf("book %s: %v", d.place.Book, err))
		}
	}
	return d.result
}

// noteRejected adds the newest line that the destination rejected.
func (d *Drain) noteRejected(all []ledger.RejectedLine) {
	if len(all) > 0 {
		l := all[len(all)-1]
		d.result.Notes = append(d.result.Notes, fmt.Sprintf("the last line that was rejected: %q (%s)", l.Text, l.Err))
	}
}

// settleRest counts what the destination has done since the last release. Lines
// that it got since then are still on disk and are sent again: recalled. Lines
// that it had got before, and that its sender took back without sending them
// again, are lost.
func (d *Drain) settleRest() {
	end := d.out.Ledger()
	sent, lost := sentOf(end)-sentOf(d.seen), max(d.seen.Delivered-end.Delivered, 0)
	for _, b := range d.books {
		b.Sent(sent)
		b.Recall(sent + lost)
		b.Drop(ledger.Closed, lost)
	}
}
