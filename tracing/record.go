package tracing

import (
	"context"
	"errors"
	"strings"

	"monkit.example/internal/printable"
	"monkit.example/monkit"
)

// record is a copy of what is shown of a finished span. Unlike the span, it
// references no values of the program.
type record struct {
	SpanJSON
	Finish   int64  `json:"finish"` // Unix time in nanoseconds
	Err      string `json:"err"`
	Panicked bool   `json:"panicked"`

	call     string // the function with its tags
	failed   bool   // there was an error; its text may be empty
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

// hide replaces the texts that come from the program, except names, with text.
// It does not change what the fields of r point to.
func (r *record) hide(text string) {
	if r.failed {
		r.Err = text
	}
	r.SpanJSON.Hide(text)
}

// shorten bounds the texts that come from the program. It copies them, so that
// r does not keep longer originals in memory.
func (r *record) shorten() {
	r.Err = shortened(r.Err)
	for i, arg := range r.Args {
		r.Args[i] = shortened(arg)
	}
	for i, a := range r.Annotations {
		r.Annotations[i] = [2]string{shortened(a[0]), shortened(a[1])}
	}
	attributes := make(map[string]any, len(r.Attributes))
	for name, val := range r.Attributes {
		attributes[shortened(name)] = val
	}
	r.Attributes = attributes
}

// maxRetainedText bounds each text of a retained span, in bytes.
const maxRetainedText = 1 << 10

// shortened returns a copy of at most maxRetainedText bytes of text.
func shortened(text string) string {
	if len(text) <= maxRetainedText {
		return strings.Clone(text)
	}
	return strings.ToValidUTF8(text[:maxRetainedText], "") + "…"
}

// size estimates how many bytes of memory r takes.
func (r *record) size() int {
	const fixed = 400 // about the size of a record with the texts of its ids
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

// maxErrorText bounds the text of an error, in bytes.
const maxErrorText = 4 << 10

// errorText returns the text of err, or "" if err is nil. It recovers, because
// the Error method belongs to the program and may panic.
func errorText(err error) (text string) {
	if err == nil {
		return ""
	}
	defer func() {
		if recover() != nil {
			text = "an error whose Error method panics"
		}
	}()
	text = err.Error()
	return printable.Prefix(text, maxErrorText)
}

// isCanceled reports whether err was caused by a canceled context. It
// recovers, because the Is and Unwrap methods belong to the program and may
// panic.
func isCanceled(err error) (canceled bool) {
	defer func() { recover() }()
	return errors.Is(err, context.Canceled)
}

// callName returns the name of f with its tags, which distinguish f from other
// functions of the same name.
func callName(f *monkit.Func) string {
	if tags := userTags(f); len(tags) > 0 {
		return f.FullName() + "," + new(monkit.TagSet).SetAll(tags).String()
	}
	return f.FullName()
}

// userTags returns the tags of f without those that make up its name.
func userTags(f *monkit.Func) map[string]string {
	tags := f.Tags().All()
	delete(tags, "name")
	delete(tags, "scope")
	return tags
}
