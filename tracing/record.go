package tracing

import (
	"context"
	"errors"
	"strings"

	"monkit.example/monkit"
)

// record is all there is to tell of a span that has ended. Unlike the span, it
// holds nothing of the program's.
type record struct {
	SpanJSON
	Finish   int64  `json:"finish"` // Unix time in nanoseconds
	Err      string `json:"err"`
	Panicked bool   `json:"panicked"`

	call     string // the function with its tags
	failed   bool   // with an error, whose text may be empty
	canceled bool
}

func recordOf(s *FinishedSpan) record {
	return record{
		SpanJSON: JSONOf(s.Span),
		Finish:   s.Finish.UnixNano(),
		Err:      errorText(s.Err),
		Panicked: s.Panicked,
		call:     callName(s.Span.Func()),
		failed:   s.Err != nil,
		canceled: s.Err != nil && isCanceled(s.Err),
	}
}

// shorten bounds the texts that callers chose, and lets go of the rest of
// them.
func (r *record) shorten() {
	r.Err = shortened(r.Err)
	for i, arg := range r.Args {
		r.Args[i] = shortened(arg)
	}
	for i, a := range r.Annotations {
		r.Annotations[i] = [2]string{shortened(a[0]), shortened(a[1])}
	}
	kept := make(map[string]any, len(r.Attributes))
	for name, val := range r.Attributes {
		kept[shortened(name)] = val
	}
	r.Attributes = kept
}

// maxKeptText bounds each text of a span that is kept.
const maxKeptText = 1 << 10

func shortened(text string) string {
	if len(text) <= maxKeptText {
		return strings.Clone(text)
	}
	return strings.ToValidUTF8(text[:maxKeptText], "") + "…" // a copy
}

// size is about how much memory r takes.
func (r *record) size() int {
	const fixed = 400
	n := fixed + len(r.call) + len(r.Err)
	for _, arg := range r.Args {
		n += 16 + len(arg)
	}
	for key, val := range r.Func.Tags {
		n += 64 + len(key) + len(val)
	}
	for _, a := range r.Annotations {
		n += 32 + len(a[0]) + len(a[1])
	}
	for name := range r.Attributes {
		n += 64 + len(name)
	}
	return n
}

// row is a span below the one that called it.
type row struct {
	record
	parent int // which row before this one, -1 if none
}

// rowsOf puts spans in the order in which they are shown: each below its
// caller, siblings by when they began.
func rowsOf(spans []*FinishedSpan) []row {
	b := newRowBuilder(spans)
	for _, s := range b.tree.roots {
		b.tree.walk(s, b.add)
	}
	for _, s := range b.sorted { // those in circles are below no root
		b.tree.walk(s, b.add)
	}
	return b.rows
}

// rowsBelow is rowsOf for one of spans and what it led to.
func rowsBelow(root *FinishedSpan, spans []*FinishedSpan) []row {
	b := newRowBuilder(spans)
	b.tree.walk(root, b.add)
	return b.rows
}

type rowBuilder struct {
	sorted []*FinishedSpan // by when they began
	tree   *tree
	rows   []row
	at     map[int64]int // row of the span's id
}

func newRowBuilder(spans []*FinishedSpan) *rowBuilder {
	sorted := append(StartTimeSorter{}, spans...)
	sorted.Sort()
	return &rowBuilder{sorted: sorted, tree: newTree(sorted), at: make(map[int64]int, len(spans))}
}

func (b *rowBuilder) add(s *FinishedSpan) {
	parent := -1
	if id, ok := b.tree.above[s]; ok {
		if at, ok := b.at[id]; ok {
			parent = at
		}
	}
	b.at[s.Span.Id()] = len(b.rows)
	b.rows = append(b.rows, row{recordOf(s), parent})
}

// maxErrorText bounds what is shown of an error.
const maxErrorText = 4 << 10

// errorText is what err says. Its code is not ours, and may panic.
func errorText(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			text = "an error whose text cannot be told"
		}
	}()
	text = err.Error()
	return text[:min(len(text), maxErrorText)]
}

// isCanceled reports whether err comes of a context that was cancelled. The
// error's code is not ours, and may panic.
func isCanceled(err error) (canceled bool) {
	defer func() { recover() }()
	return errors.Is(err, context.Canceled)
}

// callName tells f apart from its variants with other tags.
func callName(f *monkit.Func) string {
	if tags := userTags(f); len(tags) > 0 {
		return f.FullName() + "," + new(monkit.TagSet).SetAll(tags).String()
	}
	return f.FullName()
}

// userTags leaves out those that the name of a function tells already.
func userTags(f *monkit.Func) map[string]string {
	tags := f.Tags().All()
	delete(tags, "name")
	delete(tags, "scope")
	return tags
}
