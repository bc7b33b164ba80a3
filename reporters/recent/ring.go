package recent

import "time"

// Sample is one value at one time.
type Sample struct {
	At    time.Time
	Value float64
}

// minRing is the size of a new ring. Most series get more than eight reports,
// or are never read.
const minRing = 8

type slot struct {
	at  int64 // Unix nanoseconds
	val float64
}

// ring has the newest samples of one series in the order of their times. It
// doubles up to a limit; from then on the oldest sample is replaced.
type ring struct {
	slots []slot
	first int // index of the oldest sample
	n     int
}

func (r *ring) at(i int) *slot { return &r.slots[(r.first+i)%len(r.slots)] }

// put inserts a sample by its time, and replaces one of the same time. It
// reports false if the ring is full and the sample older than all others.
func (r *ring) put(s slot, limit int) bool {
	i := r.n
	for i > 0 && r.at(i-1).at >= s.at { // a sample is nearly always the newest
		i--
	}
	if i < r.n && r.at(i).at == s.at {
		r.at(i).val = s.val
		return true
	}
	if r.n == limit {
		if i == 0 {
			return false
		}
		r.drop()
		i--
	}
	r.insert(i, s, limit)
	return true
}

func (r *ring) insert(i int, s slot, limit int) {
	if r.n == len(r.slots) {
		r.grow(min(max(2*r.n, minRing), limit))
	}
	r.n++
	for j := r.n - 1; j > i; j-- {
		*r.at(j) = *r.at(j - 1)
	}
	*r.at(i) = s
}

func (r *ring) grow(size int) {
	more := make([]slot, size)
	for i := range r.n {
		more[i] = *r.at(i)
	}
	r.slots, r.first = more, 0
}

// drop deletes the oldest sample.
func (r *ring) drop() {
	r.first = (r.first + 1) % len(r.slots)
	r.n--
}

// expire deletes the samples before since.
func (r *ring) expire(since int64) {
	for r.n > 0 && r.at(0).at < since {
		r.drop()
	}
}

// cut deletes the samples after that time.
func (r *ring) cut(last int64) {
	for r.n > 0 && r.at(r.n-1).at > last {
		r.n--
	}
}

// newest returns the newest sample. The ring must not be empty.
func (r *ring) newest() Sample { return r.at(r.n - 1).sample() }

func (r *ring) appendTo(dst []Sample) []Sample {
	for i := range r.n {
		dst = append(dst, r.at(i).sample())
	}
	return dst
}

func (s *slot) sample() Sample { return Sample{At: time.Unix(0, s.at), Value: s.val} }
