// Package idlemap has a map that is bounded and keeps what is in use. Series
// that are all used again and again must not push each other out: if there are
// more of them than the map has room for, the first ones stay, and the others
// are refused.
package idlemap

import "time"

// Map has a T for each key. The zero Map, with Max set, is empty. It is for one
// goroutine at a time.
type Map[T any] struct {
	// Max bounds the number of keys. Zero refuses all.
	Max int
	// Idle is for how long a key must not be used before a full map may forget
	// it. It is forgotten after twice as long at the latest. Zero means an hour.
	Idle time.Duration

	items map[uint64]*item[T]
	epoch uint32    // grows by one every Idle while the map is full
	since time.Time // when epoch grew

	refused, forgotten int64
}

type item[T any] struct {
	val  T
	used uint32 // the epoch of the last use
}

// Find returns the T of a key, which is a hash. fresh is true if the key is
// new; then it is the zero T. val is nil if the key is new and the map is full
// of keys that are in use. It is valid until the next Find.
func (m *Map[T]) Find(key uint64) (val *T, fresh bool) {
	if it := m.items[key]; it != nil {
		it.used = m.epoch
		return &it.val, false
	}
	if len(m.items) >= m.Max && !m.makeRoom() {
		m.refused++
		return nil, true
	}
	if m.items == nil {
		m.items = make(map[uint64]*item[T])
	}
	it := &item[T]{used: m.epoch}
	m.items[key] = it
	return &it.val, true
}

// makeRoom forgets the keys that are idle and reports whether there were any. It
// looks for them once per Idle, since it looks at all keys.
func (m *Map[T]) makeRoom() bool {
	idle := m.Idle
	if idle <= 0 {
		idle = time.Hour
	}
	now := time.Now()
	if now.Sub(m.since) < idle {
		return false
	}
	m.since = now
	m.epoch++
	before := len(m.items)
	for key, it := range m.items {
		if m.epoch-it.used > 1 {
			delete(m.items, key)
		}
	}
	m.forgotten += int64(before - len(m.items))
	return len(m.items) < m.Max
}

// Len returns the number of keys.
func (m *Map[T]) Len() int { return len(m.items) }

// Refused returns how often Find returned nil.
func (m *Map[T]) Refused() int64 { return m.refused }

// Forgotten returns how many keys were forgotten because they were idle.
func (m *Map[T]) Forgotten() int64 { return m.forgotten }
