package idlemap

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// find uses the keys from first on, and returns how many were refused.
func find(m *Map[int], listener string, first, n int) (refused int) {
	m.Use(listener)
	for key := first; key < first+n; key++ {
		if val, _ := m.Find(uint64(key)); val == nil {
			refused++
		}
	}
	return refused
}

func TestListenerThatFloodsTakesNoRoomOfOthers(t *testing.T) {
	m := Map[int]{Max: 100}
	for i, tt := range []struct {
		listener       string
		first, n, want int
	}{
		{"flood", 1000, 1000, 900},
		{"own", 0, 100, 0},
		{"flood", 5000, 1000, 1000},
		{"own", 0, 100, 0},
		{"own", 100, 1, 1},
		{"third", 100, 1, 0},
	} {
		if got := find(&m, tt.listener, tt.first, tt.n); got != tt.want {
			t.Errorf("step %d: %d keys of %s are refused, want %d", i, got, tt.listener, tt.want)
		}
	}
	if m.Len() != 201 {
		t.Errorf("there are %d keys, want 201", m.Len())
	}
}

// A counter whose lines come by another listener, after a restart of its client, has
// the last value that it had.
func TestKeyIsTheSameForAllListeners(t *testing.T) {
	m := Map[int]{Max: 1}
	m.Use("a")
	val, _ := m.Find(7)
	*val = 3
	m.Use("b")
	if val, fresh := m.Find(7); fresh || *val != 3 {
		t.Error("the key of another listener is not found")
	}
	if find(&m, "b", 8, 1) != 0 {
		t.Error("the key of another listener takes room")
	}
}

func TestIdleKeysOfAShareAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Map[int]{Max: 10, Idle: time.Minute}
		find(&m, "a", 0, 10)
		find(&m, "b", 100, 10)
		for range 5 {
			time.Sleep(time.Minute)
			find(&m, "b", 100, 10)
			find(&m, "a", 50, 1)
		}
		if m.Len() != 11 || m.Forgotten() != 10 {
			t.Errorf("there are %d keys, %d forgotten, want 11 and 10", m.Len(), m.Forgotten())
		}
		if find(&m, "b", 100, 10) != 0 {
			t.Error("keys that are in use were forgotten")
		}
	})
}

func TestNumberOfSharesIsBounded(t *testing.T) {
	m := Map[int]{Max: 10}
	for i := range 2 * maxShares {
		find(&m, fmt.Sprint(i), i, 1)
	}
	if len(m.shares) != maxShares+1 {
		t.Errorf("there are %d shares, want %d and one of all others", len(m.shares), maxShares)
	}
}
