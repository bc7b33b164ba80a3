package idlemap

import (
	"testing"
	"testing/synctest"
	"time"
)

// fill uses the keys from 1 to n in order, as a tick does, and returns how many
// were refused.
func fill(m *Map[int], n int) (refused int) {
	for key := range n {
		val, _ := m.Find(uint64(key))
		if val == nil {
			refused++
			continue
		}
		*val++
	}
	return refused
}

// Forgetting the longest idle key forgets, when one key too many comes in turn,
// each of them just before it comes again.
func TestKeysInUseArePushedOutByNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Map[int]{Max: 100}
		for tick := range 2000 { // five and a half hours
			if n := fill(&m, 101); n != 1 {
				t.Fatalf("tick %d: %d of 101 keys are refused, want 1", tick, n)
			}
			time.Sleep(10 * time.Second)
		}
		for key := range uint64(100) {
			if val, fresh := m.Find(key); fresh || *val != 2000 {
				t.Errorf("key %d is fresh: %v", key, fresh)
			}
		}
		if m.Refused() != 2000 || m.Forgotten() != 0 || m.Len() != 100 {
			t.Errorf("%d refused, %d forgotten, %d left", m.Refused(), m.Forgotten(), m.Len())
		}
	})
}

func TestFullMapForgetsIdleKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := Map[int]{Max: 100, Idle: time.Minute}
		fill(&m, 100)
		start := time.Now()
		for {
			fill(&m, 10) // these stay in use
			if val, fresh := m.Find(1000); val != nil {
				if !fresh {
					t.Error("a new key is not fresh")
				}
				break
			}
			time.Sleep(time.Second)
		}
		if d := time.Since(start); d < time.Minute || d > 2*time.Minute {
			t.Errorf("idle keys are forgotten after %v", d)
		}
		if m.Len() != 11 || m.Forgotten() != 90 {
			t.Errorf("%d keys left, %d forgotten", m.Len(), m.Forgotten())
		}
		for key := range uint64(10) {
			if _, fresh := m.Find(key); fresh {
				t.Errorf("key %d, which is in use, was forgotten", key)
			}
		}
	})
}

func TestMapWithoutRoomRefuses(t *testing.T) {
	var m Map[int]
	if val, fresh := m.Find(1); val != nil || !fresh {
		t.Error("a map of at most 0 keys has one")
	}
}
