// Package idlemap has a map that is bounded and keeps what is in use. Series
// that are all used again and again must not push each other out: if there are
// more of them than the map has room for, the first ones stay, and the others
// are refused.
package idlemap

import (
	"strings"
	"time"
)

// maxShares bounds how many listeners have a share of their own; further ones have
// one in common. A relay has a few.
const maxShares = 256

// Map has a T for each key. The zero Map, with Max set, is empty. It is for one
// goroutine at a time.
type Map[T any] struct {
	// Max bounds the number of keys of each listener: see Use. Zero refuses all.
	Max int
	// Idle is for how long a key must not be used before a full map may forget
	// it. It is forgotten after twice as long at the latest. Zero means an hour.
	Idle time.Duration

	items   map[uint64]*item[T]
	shares  map[string]*share // by the name of the listener
	current *share            // of the listener whose keys Find adds; nil is that of ""

	refused, forgotten int64
}

type item[T any] struct {
	val  T
	of   *share // of the listener that used it first
	used uint32 // the epoch of the last use
}

// share is what one listener has of a map.
type share struct {
	keys  int
	epoch uint32    // grows by one every Idle while the share is full
	since time.Time // when epoch grew
}

// Use says which listener uses the keys that follow. Each has room for Max keys that
// no other one has used before, so that those of one take no room from another. All
// find the keys of all: what moves to another listener stays what it is.
func (m *Map[T]) Use(listener string) {
	if m.current = m.shares[listener]; m.current != nil {
		return
	}
	if len(m.shares) >= maxShares {
		listener = ""
	}
	if m.shares == nil {
		m.shares = make(map[string]*share)
	}
	if m.current = m.shares[listener]; m.current == nil {
		m.current = new(share)
		m.shares[strings.Clone(listener)] = m.current
	}
}

// Find returns the T of a key, which is a hash. fresh is true if the key is
// new; then it is the zero T. val is nil if the key is new and the share of the
// listener is full of keys that are in use. It is valid until the next Find.
func (m *Map[T]) Find(key uint64) (val *T, fresh bool) {
	if it := m.items[key]; it != nil {
		it.used = it.of.epoch
		return &it.val, false
	}
	if m.current == nil {
		m.Use("")
	}
	s := m.current
	if s.keys >= m.Max && !m.makeRoom(s) {
		m.refused++
		return nil, true
	}
	if m.items == nil {
		m.items = make(map[uint64]*item[T])
	}
	it := &item[T]{of: s, used: s.epoch}
	m.items[key] = it
	s.keys++
	return &it.val, true
}

// makeRoom forgets the keys of a share that are idle and reports whether there were
// any. It looks for them once per Idle, since it looks at all keys.
func (m *Map[T]) makeRoom(s *share) bool {
	idle := m.Idle
	if idle <= 0 {
		idle = time.Hour
	}
	now := time.Now()
	if now.Sub(s.since) < idle {
		return false
	}
	s.since = now
	s.epoch++
	for key, it := range m.items {
		if it.of == s && s.epoch-it.used > 1 {
			delete(m.items, key)
			s.keys--
			m.forgotten++
		}
	}
	return s.keys < m.Max
}

// Len returns the number of keys.
func (m *Map[T]) Len() int { return len(m.items) }

// Refused returns how often Find returned nil.
func (m *Map[T]) Refused() int64 { return m.refused }

// Forgotten returns how many keys were forgotten because they were idle.
func (m *Map[T]) Forgotten() int64 { return m.forgotten }
