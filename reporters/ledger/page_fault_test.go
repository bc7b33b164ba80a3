package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// A file that is cut off under a mapping answers an access with SIGBUS, as a full
// or failing disk does.
func TestPageFaultCostsNoCountAndNoProcess(t *testing.T) {
	if raceDetector {
		t.Skip("a fault inside of the race detector ends the process")
	}
	path := filepath.Join(t.TempDir(), "book")
	b := openTest(t, path)
	b.Accept(10)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	var adders sync.WaitGroup
	for range 4 {
		adders.Go(func() {
			for range 1000 {
				b.Accept(1)
				b.Sent(1)
			}
		})
	}
	adders.Wait()
	if got, want := b.Ledger().String(), "accepted=4010 delivered=4000 dropped=0 pending=10"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var opened *OpenError
	if err := b.Err(); !errors.As(err, &opened) || !opened.InMemory || !strings.Contains(err.Error(), "cannot be written any more") {
		t.Errorf("Err() = %v", b.Err())
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if got, end := openTest(t, path).Recovered(); end != EndNone || got.Accepted != 0 {
		t.Errorf("the next run takes the file for good: %v, %v", got, end)
	}
}

func TestPageFaultAtTheEndIsReturned(t *testing.T) {
	if raceDetector {
		t.Skip("a fault inside of the race detector ends the process")
	}
	path := filepath.Join(t.TempDir(), "book")
	b := openTest(t, path)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Close() = %v", err)
	}
}

// The run after this one must not take counts for those of this one.
func TestFileThatLacksCountsIsRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	b := openTest(t, path)
	p := b.page.Swap(nil)
	unlockFile(p.file)
	p.file.Close() // so that it cannot be truncated
	p.discard()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there: %v", err)
	}
}

func TestOtherPanicsPassThrough(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	b := openTest(t, path)
	before := debug.SetPanicOnFault(false)
	defer debug.SetPanicOnFault(before)
	func() {
		defer func() {
			if r := recover(); r != "other" {
				t.Errorf("recovered %v", r)
			}
		}()
		b.page.Load().access(func(*cells) { panic("other") })
	}()
	if debug.SetPanicOnFault(false) {
		t.Error("an access leaves faults of other code as panics")
	}
}
