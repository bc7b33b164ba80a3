package spool

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
)

const modelSteps = 150

// TestCrashAfterEveryCall enumerates a crash in every call of a script that
// changes the disk, and what of the unsynced sectors, lengths, names and removals
// may be there after it; and then a crash in every call of the recovery.
func TestCrashAfterEveryCall(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	crashes := 0
	for seed := range seeds {
		for at, ended := 1, false; !ended && !t.Failed(); at++ {
			m := newModel(t, newSim(), seed)
			m.fs.crashAt = at
			m.fs.noAlloc = seed%2 == 1
			ended = m.run(modelSteps)
			for i, keep := range []float64{0, 1, 0.5, 0.5, 0.9, 0.1} {
				how := fmt.Sprintf("seed %d, crash in call %d, variant %d", seed, at, i)
				rng := rand.New(rand.NewPCG(uint64(at), uint64(i)))
				m.verify(m.fs.crash(rng, keep), how)
				m.crashInRecovery(rng, keep, how)
				crashes++
			}
			m.crashAfterKill(fmt.Sprintf("seed %d, killed in call %d", seed, at))
		}
	}
	if crashes < 1000 && !testing.Short() {
		t.Errorf("%d crashes", crashes)
	}
	t.Logf("%d crashes", crashes)
}

// crashInRecovery crashes once more while the spool is opened, read and written.
func (m *model) crashInRecovery(rng *rand.Rand, keep float64, how string) {
	m.t.Helper()
	after := m.fs.crash(rng, keep)
	at := 1 + rng.IntN(12)
	after.crashAt = at
	o := modelOptions
	o.FS = after
	if s, err := Open("d", o); err == nil {
		for err == nil {
			_, err = s.Next()
		}
		m.attempt(s.next, describe(Meta{Lines: 1}, []byte("again")))
		_, err = s.Append(Meta{Lines: 1}, []byte("again"))
		if err == nil {
			_ = s.Sync()
		}
	}
	after.crashAt = 0
	m.verify(after.crash(rng, keep), fmt.Sprintf("%s, and in call %d of the recovery", how, at))
}

// crashAfterKill kills the process, and the system or the process again soon after
// the next one has begun: it must not have relied on what is in the memory of the
// system alone.
func (m *model) crashAfterKill(how string) {
	m.t.Helper()
	o := modelOptions
	o.FS = m.fs.kill()
	s, err := Open("d", o)
	if err == nil {
		err = s.Sync()
	}
	if err != nil {
		m.t.Errorf("%s: %v", how, err)
	}
	for range 4 {
		m.verify(m.fs.crash(m.rng, 0.5), how+", and then crashed")
	}
	m.verify(m.fs.kill(), how+" twice")
}

// TestErrorInEveryCall has each call fail in turn, once and for a while, and
// checks that the spool goes on and loses nothing but what it says.
func TestErrorInEveryCall(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		last int // calls that fail
	}{
		{"EIO once", syscall.EIO, 1},
		{"EIO for a while", syscall.EIO, 7},
		{"ENOSPC once", syscall.ENOSPC, 1},
		{"ENOSPC for a while", syscall.ENOSPC, 7},
		{"read-only for a while", syscall.EROFS, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for at := 1; at < 200 && !t.Failed(); at++ {
				m := newModel(t, newSim(), uint64(at%7))
				m.fs.fail = func(o op) error {
					if o.n < at || o.n >= at+tt.last || o.call == "read" || o.call == "open" {
						return nil
					}
					return tt.err
				}
				m.runOn(modelSteps)
				m.fs.fail = nil
				m.verify(m.fs.crash(rand.New(rand.NewPCG(1, uint64(at))), 0.5), fmt.Sprintf("%s in call %d", tt.name, at))
			}
		})
	}
}

// runOn performs all steps, whatever fails. Open is tried until it succeeds.
func (m *model) runOn(steps int) {
	for m.open() != nil {
		if m.fs.ops > 100 {
			m.t.Fatal("cannot open the spool")
		}
	}
	for range steps {
		if err := m.step(); err != nil {
			m.check(err)
		}
	}
}

// TestReadsThatFailNowAndThen has some reads fail once, and checks
// that nothing is taken for damaged.
func TestReadsThatFailNowAndThen(t *testing.T) {
	for seed := range uint64(20) {
		m := newModel(t, newSim(), seed)
		calls, every := map[string]int{}, map[string]int{"read": 7, "open": 101}
		m.fs.fail = func(o op) error {
			if calls[o.call]++; every[o.call] > 0 && calls[o.call]%every[o.call] == 0 {
				return syscall.EIO
			}
			return nil
		}
		m.runOn(modelSteps)
		if st := m.s.Stats(); st.Damaged.Records != 0 || st.Unreadable != 0 {
			t.Errorf("seed %d: %+v", seed, st)
		}
		m.fs.fail = nil
		m.verify(m.fs.crash(rand.New(rand.NewPCG(1, seed)), 0.5), fmt.Sprintf("seed %d", seed))
	}
}
