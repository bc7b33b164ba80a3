package spool

// A heldRecord was returned by Next and is not released.
type heldRecord struct {
	seq    uint64
	totals Totals
	ms     int64 // unix time
	seg    *segment
	off    int64 // in seg
}

// held is a queue of records in the order of their sequences.
type held struct {
	ring  []heldRecord // its length is 0 or a power of two
	front int
	n     int
	total Totals
}

func (h *held) push(r heldRecord) {
	if h.n == len(h.ring) {
		h.grow()
	}
	h.ring[(h.front+h.n)&(len(h.ring)-1)] = r
	h.n++
	h.total.add(r.totals)
}

func (h *held) grow() {
	larger := make([]heldRecord, max(64, 2*len(h.ring)))
	n := copy(larger, h.ring[h.front:])
	copy(larger[n:], h.ring[:h.front])
	h.ring, h.front = larger, 0
}

// first returns the oldest record, or nil.
func (h *held) first() *heldRecord {
	if h.n == 0 {
		return nil
	}
	return &h.ring[h.front]
}

func (h *held) pop() heldRecord {
	r := h.ring[h.front]
	h.ring[h.front] = heldRecord{}
	h.front = (h.front + 1) & (len(h.ring) - 1)
	h.n--
	h.total.sub(r.totals)
	return r
}
