package send

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"monkit.example/internal/spool"
)

// slowDisk is a file system that other programs keep busy: a sync takes a while,
// as does what it makes durable.
type slowDisk struct {
	spool.OS
	wait func()
}

// Create implements spool.FS.
func (d slowDisk) Create(path string) (spool.File, error) {
	f, err := d.OS.Create(path)
	return slowFile{f, d.wait}, err
}

// SyncDir implements spool.FS.
func (d slowDisk) SyncDir(dir string) error {
	d.wait()
	return d.OS.SyncDir(dir)
}

type slowFile struct {
	spool.File
	wait func()
}

// Sync implements spool.File.
func (f slowFile) Sync() error {
	f.wait()
	return f.File.Sync()
}

// slowTransport returns from Deliver only a while after its context has ended.
type slowTransport struct{ after time.Duration }

func (t slowTransport) Deliver(ctx context.Context, _ []byte) error {
	<-ctx.Done()
	time.Sleep(t.after)
	return ctx.Err()
}

func (slowTransport) Close() error { return nil }

// On a machine with other work to do a sync takes hundreds of milliseconds, and the
// goroutine of a transport may not run for as long.
func TestCloseWaitsForADiskThatIsSlow(t *testing.T) {
	for name, transport := range map[string]Transport{
		"the destination is down":                      &fakeMessenger{answer: always(errDown)},
		"the transport ends in time":                   slowTransport{joinTime / 2},
		"the transport does not end before the keeper": slowTransport{2 * diskTime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := spooled(t, t.TempDir())
				o.Spool.fs = slowDisk{wait: func() { time.Sleep(diskTime / 10) }}
				s := New(transport, o)
				accepted(t, s, 0, 50, 100)
				if err := s.Close(within(t, 10*time.Millisecond)); err != nil {
					t.Errorf("Close: %v", err)
				}
				checkLedger(t, s, "accepted=50 delivered=0 dropped=0 pending=50")
				<-s.done

				f := &fakeMessenger{}
				next := New(f, spooled(t, o.Spool.Dir))
				if err := errors.Join(next.Flush(within(t, time.Minute)), next.Close(t.Context())); err != nil {
					t.Error(err)
				}
				checkLedger(t, next, "accepted=50 delivered=50 dropped=0 pending=0")
			})
		})
	}
}

// What Close has counted as dropped is not written afterwards: it would be counted
// again, and sent.
func TestCloseDoesNotWaitForADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := spooled(t, t.TempDir())
		var hangs atomic.Bool
		hang := make(chan struct{})
		o.Spool.fs = slowDisk{wait: func() {
			if hangs.Load() {
				<-hang
			}
		}}
		s := New(&fakeMessenger{answer: always(errDown)}, o)
		synctest.Wait() // for the keeper to open the spool
		hangs.Store(true)
		accepted(t, s, 0, 5, 100_000)
		began := time.Now()
		if err := s.Close(within(t, time.Second)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(began); took < time.Second+diskTime || took > time.Second+diskTime+2*joinTime {
			t.Errorf("Close took %v", took)
		}
		checkLedger(t, s, "accepted=5 delivered=0 dropped=5(closed=5) pending=0")
		close(hang)
		<-s.keeper.done

		next := New(&fakeMessenger{}, spooled(t, o.Spool.Dir))
		if err := errors.Join(next.Flush(within(t, time.Minute)), next.Close(t.Context())); err != nil {
			t.Error(err)
		}
		if l := next.Ledger(); l.Delivered > 1 { // of the write that hung
			t.Errorf("in the next run the ledger is %v", l)
		}
	})
}
