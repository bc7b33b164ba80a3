package send

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"monkit.example/internal/endpoint"
	"monkit.example/internal/loglimit"
	"monkit.example/internal/spool"
	"monkit.example/reporters/ledger"
)

const (
	// syncTime and syncBytes are after how long, and how much, what was written
	// is made durable.
	syncTime  = time.Second
	syncBytes = 1 << 20
	// diskRetryTime is the time between two attempts to use a disk that failed,
	// or a spool that another process uses.
	diskRetryTime = 5 * time.Second
)

// A keeper moves the chunks of a queue to disk that have waited for long, reads
// them again when there is room, and deletes them when they are settled. It has a
// goroutine of its own, which alone uses the disk: a disk that hangs delays no
// delivery, and a destination that hangs delays no write.
type keeper struct {
	queue      *queue
	opts       SpoolOptions
	name       string
	log        func() *slog.Logger
	wakeSender func()
	wakeup     chan struct{}               // holds a value if run must look at the queue again
	stop       chan struct{}               // closed by close
	done       chan struct{}               // closed when run has returned
	opened     atomic.Pointer[spool.Spool] // spool, for its method Stats
	down       atomic.Bool                 // the last use of the disk failed
	failures   atomic.Int64

	spool    *spool.Spool // nil while it is not open; owned by run, as all below
	retryAt  time.Time    // the disk is not used before
	syncAt   time.Time    // when what was written is made durable; zero if nothing was
	unsynced int          // bytes
	dirty    bool         // records were released since the last sync

	times   recordTimes
	read    []readRecord   // in order of their sequence numbers; the first is not settled
	copies  map[uint64]int // lines of chunks in memory that were not read yet
	settled map[uint64]int // lines of settled chunks that were not read yet
	damaged int64          // lines, as counted
	limit   loglimit.Limit // of records about failures
	news    []func()       // records about the start that are not logged yet
}

// SpoolOptions say where chunks are kept on disk.
type SpoolOptions struct {
	// Dir is a folder for this destination alone: the folder spool in it has
	// the lines, and the file book the counts. It is made if it does not exist.
	Dir string
	// Identity is the destination in files of the folder. Empty means the name of
	// the sender.
	Identity string
	// Format is the name of the lines' format.
	Format string
	// MaxBytes bounds the size of the files. Zero means 1 GiB.
	MaxBytes int64

	fs spool.FS // nil is that of the system
}

// readRecord is a record that was read and not released.
type readRecord struct {
	seq     uint64
	settled bool
}

func newKeeper(q *queue, o SpoolOptions, name string, log func() *slog.Logger, wakeSender func()) *keeper {
	k := &keeper{
		queue: q, opts: o, name: name, log: log, wakeSender: wakeSender,
		wakeup: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
		copies: make(map[uint64]int), settled: make(map[uint64]int),
		times: recordTimes{began: time.Now()},
	}
	q.disk.wake = k.wake
	q.bounds.record = k.spoolOptions().MaxRecord()
	k.openBook()
	return k
}

func (k *keeper) spoolOptions() spool.Options {
	return spool.Options{Identity: k.identity(), Format: k.opts.Format, MaxBytes: k.opts.MaxBytes, FS: k.opts.fs}
}

// identity returns the name of the destination, or its begin and a hash if it is
// longer than a spool takes.
func (k *keeper) identity() string {
	const most = 200
	name := cmp.Or(k.opts.Identity, k.name)
	if len(name) <= most {
		return name
	}
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	return fmt.Sprintf("%s-%016x", strings.ToValidUTF8(name[:most], ""), h.Sum64())
}

// openBook has the queue count in a file. If that is not possible, it counts in
// memory.
func (k *keeper) openBook() {
	err := os.MkdirAll(k.opts.Dir, 0o700)
	if err == nil {
		k.queue.book, err = ledger.OpenBook(filepath.Join(k.opts.Dir, "book"), k.identity())
		k.queue.expect(int(k.queue.book.Ledger().Pending))
	}
	if err != nil {
		k.logOnce(slog.LevelWarn, "the counts of lines do not survive this process", "destination", k.name, "err", err)
	}
}

// logOnce logs a record about the start when there is a logger: a collector sets
// its own after a reporter was made.
func (k *keeper) logOnce(level slog.Level, text string, args ...any) {
	k.news = append(k.news, func() { k.log().Log(context.Background(), level, text, args...) })
}

// logNews logs the records about the start.
func (k *keeper) logNews() {
	if len(k.news) == 0 || k.log() == discard {
		return
	}
	for _, log := range k.news {
		log()
	}
	k.news = nil
}

// wake ends the present or next pause of run.
func (k *keeper) wake() {
	select {
	case k.wakeup <- struct{}{}:
	default:
	}
}

// run is the goroutine of a keeper.
func (k *keeper) run() {
	defer close(k.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(k.step(time.Now()))
		k.logNews()
		select {
		case <-k.stop:
			k.finish()
			return
		case <-k.wakeup:
		case <-timer.C:
		}
	}
}

// close writes everything that is pending to disk, if that is possible within
// limit, and joins the goroutine.
func (k *keeper) close(limit time.Duration) {
	close(k.stop)
	select {
	case <-k.done:
	case <-time.After(limit):
	}
}

// step does what can be done now, and returns when to do more at the latest.
func (k *keeper) step(now time.Time) time.Duration {
	if now.Before(k.retryAt) {
		return k.retryAt.Sub(now)
	}
	if k.spool == nil && !k.open(now) {
		return diskRetryTime
	}
	k.release()
	if err := errors.Join(k.write(now, false), k.sync(now)); err != nil {
		k.failed(err, now)
		return diskRetryTime
	}
	more, err := k.replay()
	if err != nil {
		k.failed(err, now)
		return diskRetryTime
	}
	k.worked()
	if more {
		return 0
	}
	if next := earlier(k.queue.nextDue(), k.syncAt); !next.IsZero() {
		return max(time.Until(next), time.Millisecond)
	}
	return forever
}

// open opens the spool, and compares what is there with the book.
func (k *keeper) open(now time.Time) bool {
	s, err := spool.Open(filepath.Join(k.opts.Dir, "spool"), k.spoolOptions())
	if err != nil {
		k.failed(err, now)
		k.queue.notFound()
		return false
	}
	k.spool = s
	k.opened.Store(s)
	found := s.Stats()
	k.times.first = found.NextSeq
	k.damaged = found.Damaged.Lines
	corrupt := k.queue.countCorrupt(found.Pending.Lines, found.Damaged.Lines)
	again, lost := k.queue.book.Settle(found.Pending.Lines + corrupt)
	k.queue.found(int(found.Pending.Lines))
	last, end := k.queue.book.Recovered()
	if found.Pending.Lines+again+lost+corrupt > 0 || end > ledger.EndClean {
		level := slog.LevelInfo
		if lost+corrupt > 0 || end > ledger.EndKilled {
			level = slog.LevelWarn
		}
		k.logOnce(level, "the spool of an earlier run was opened", "destination", k.name, "lines", found.Pending.Lines,
			"sent_again", again, "lost", lost, "corrupt", corrupt, "end", end.String(), "ledger", last.String())
	}
	return true
}

// errAbandoned is why chunks are not written that Close has counted as dropped.
var errAbandoned = errors.New("the disk took too long")

// write appends the chunks that are due, or all that are in memory. Those that
// cannot be written stay there.
func (k *keeper) write(now time.Time, all bool) (err error) {
	for _, c := range k.queue.due(now, all) {
		if k.queue.isAbandoned() {
			return errAbandoned
		}
		seq, err := k.append(c.buf, c.lines, c.at)
		if err != nil {
			k.queue.unwritten(noneWritten)
			return err
		}
		k.queue.written(c, seq)
	}
	for _, c := range k.queue.longInFlight(now, all) {
		var seq uint64
		if err == nil { // else the others are only unpinned
			seq, err = k.append(c.buf, c.lines, c.at)
		}
		inMemory := k.queue.unpin(c, seq)
		switch {
		case seq == 0:
		case inMemory:
			k.copies[seq] = c.lines
		default:
			k.settled[seq] = c.lines
		}
	}
	return err
}

// append writes a record and returns its sequence number. The oldest segments make
// room for it.
func (k *keeper) append(b []byte, lines int, at time.Time) (seq uint64, err error) {
	for {
		seq, err = k.spool.Append(spool.Meta{Lines: lines, Time: at}, b)
		switch {
		case err == nil:
			if k.unsynced == 0 {
				k.syncAt = time.Now().Add(syncTime)
			}
			k.unsynced += len(b)
			return seq, nil
		case errors.Is(err, spool.ErrFull):
			if err := k.dropOldest(); err != nil {
				return 0, err
			}
		default:
			k.takeBack(err)
			return 0, err
		}
	}
}

// takeBack keeps the chunks in memory that could not be made durable, if err
// says that there are any.
func (k *keeper) takeBack(err error) {
	if lost := (*spool.UnwrittenError)(nil); errors.As(err, &lost) {
		k.queue.unwritten(lost.First)
		k.forgetRecords(func(seq uint64) bool { return seq >= lost.First && seq <= lost.Last })
	}
}

// forgetRecords forgets the records that are gone, and returns the lines of those
// that were not read and are not lost with them.
func (k *keeper) forgetRecords(gone func(seq uint64) bool) (lines int) {
	for _, known := range []map[uint64]int{k.copies, k.settled} {
		for seq, n := range known {
			if gone(seq) {
				lines += n
				delete(known, seq)
			}
		}
	}
	k.read = slices.DeleteFunc(k.read, func(r readRecord) bool { return gone(r.seq) })
	return lines
}

// dropOldest deletes the oldest segment.
func (k *keeper) dropOldest() error {
	d, err := k.spool.DropOldest()
	k.takeBack(err)
	if err != nil {
		return err
	}
	last := k.spool.Stats().Released
	kept := k.forgetRecords(func(seq uint64) bool { return seq <= last })
	kept += k.queue.forgetCopies(last)
	k.queue.loseOnDisk(int(d.Unread.Lines)-kept, int(d.Unread.Bytes), ledger.SpoolFull)
	return nil
}

// sync makes what was written durable, if it is due.
func (k *keeper) sync(now time.Time) error {
	if k.unsynced < syncBytes && (k.syncAt.IsZero() || now.Before(k.syncAt)) {
		return nil
	}
	return k.syncNow()
}

func (k *keeper) syncNow() error {
	err := k.spool.Sync()
	k.takeBack(err)
	k.syncAt, k.unsynced, k.dirty = time.Time{}, 0, false
	k.queue.durable()
	return err
}

// replay reads records while there is room in memory. It reports whether it has
// read any.
func (k *keeper) replay() (more bool, err error) {
	defer k.countDamage()
	for k.queue.wantsReplay() {
		rec, err := k.spool.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, spool.ErrUnreleased) {
			break
		}
		if err != nil {
			return more, err
		}
		k.take(rec)
		more = true
	}
	if more {
		k.wakeSender()
	}
	k.releaseRead()
	return more, nil
}

// take adds a record that was read to the queue, unless the queue has its chunk
// in memory or has settled it.
func (k *keeper) take(rec spool.Record) {
	_, settled := k.settled[rec.Seq]
	_, inMemory := k.copies[rec.Seq]
	delete(k.settled, rec.Seq)
	delete(k.copies, rec.Seq)
	k.read = append(k.read, readRecord{rec.Seq, settled})
	if settled || inMemory {
		return
	}
	c := newChunk(len(rec.Bytes))
	c.append(rec.Bytes, rec.Lines)
	c.at, c.spoolSeq = k.times.since(rec, time.Now()), rec.Seq
	k.queue.addReplay(c)
}

// release deletes the records of chunks that were settled.
func (k *keeper) release() {
	for _, seq := range k.queue.takeSettled() {
		if i, ok := slices.BinarySearchFunc(k.read, seq, func(r readRecord, seq uint64) int { return cmp.Compare(r.seq, seq) }); ok {
			k.read[i].settled = true
		} else if lines, ok := k.copies[seq]; ok {
			delete(k.copies, seq)
			k.settled[seq] = lines
		}
	}
	k.releaseRead()
}

// releaseRead releases the first of the records that were read, up to one that is
// not settled.
func (k *keeper) releaseRead() {
	n := 0
	for n < len(k.read) && k.read[n].settled {
		n++
	}
	if n == 0 {
		return
	}
	if err := k.spool.Release(k.read[n-1].seq); err != nil {
		k.failed(err, time.Now())
		return
	}
	k.read = slices.Delete(k.read, 0, n)
	if !k.dirty {
		k.dirty = true
		if k.syncAt.IsZero() {
			k.syncAt = time.Now().Add(syncTime)
		}
	}
}

// stats returns the numbers of the spool. Any goroutine may call it.
func (k *keeper) stats(now time.Time) ledger.SpoolStats {
	st := ledger.SpoolStats{Dir: k.opts.Dir, Errors: k.failures.Load()}
	s := k.opened.Load()
	if s == nil {
		return st
	}
	n := s.Stats()
	st.Up = !k.down.Load()
	st.Bytes, st.MaxBytes, st.Lines = n.DiskBytes, n.MaxBytes, n.Pending.Lines
	st.OldestAge = n.Age(now)
	st.RedeliveredLines, st.DamagedLines = n.Redelivered.Lines, n.Damaged.Lines
	return st
}

// countDamage counts lines of records that turned out to be damaged.
func (k *keeper) countDamage() {
	if n := k.spool.Stats().Damaged.Lines; n > k.damaged {
		k.queue.loseOnDisk(int(n-k.damaged), 0, ledger.Corrupt)
		k.damaged = n
	}
}

// finish writes what is pending, makes it durable and closes the spool.
func (k *keeper) finish() {
	if k.spool == nil && !k.open(time.Now()) {
		return
	}
	k.release()
	err := k.write(time.Now(), true)
	err = errors.Join(err, k.syncNow())
	if err = errors.Join(err, k.spool.Close()); err != nil {
		k.takeBack(err)
		k.log().Warn("cannot write pending lines to disk", "destination", k.name, "err", err)
	}
}

// failed sets when the disk is tried again, and logs that at most once a minute.
func (k *keeper) failed(err error, now time.Time) {
	k.retryAt = now.Add(diskRetryTime)
	k.down.Store(true)
	k.failures.Add(1)
	if k.log() == discard { // a logger may be set soon
		return
	}
	if _, ok := k.limit.Allow(now); !ok {
		return
	}
	k.log().Warn("cannot use the spool; lines are kept in memory", "destination", k.name, "dir", endpoint.RedactFolders(k.opts.Dir), "err", endpoint.RedactFolders(err.Error()))
}

// worked logs that the disk works again.
func (k *keeper) worked() {
	if k.down.Swap(false) {
		k.log().Info("the spool works again", "destination", k.name, "dir", endpoint.RedactFolders(k.opts.Dir))
	}
}
