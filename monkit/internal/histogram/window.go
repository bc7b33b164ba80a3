package histogram

// window is the values of one stretch of time. The zero window is empty.
type window[T Number] struct {
	count    int64
	sum      float64
	min, max T // while count is 0, no value but 0 lies between them
	buckets  buckets
}

// extend moves the extremes so that low and high lie between them.
func (w *window[T]) extend(low, high T) {
	if w.count == 0 {
		w.min, w.max = low, high
	}
	w.min, w.max = min(w.min, low), max(w.max, high)
}

// merge adds the values of o.
func (w *window[T]) merge(o *window[T]) {
	if o.count == 0 {
		return
	}
	w.extend(o.min, o.max)
	w.count += o.count
	w.sum += o.sum
	w.buckets.merge(&o.buckets)
}

// clear forgets all values and keeps the memory of the buckets.
func (w *window[T]) clear() {
	w.count, w.sum = 0, 0
	w.min, w.max = 1, 0
	w.buckets.clear()
}

func (w *window[T]) clone() window[T] {
	c := *w
	c.buckets = w.buckets.clone()
	return c
}
