package monkittest

import (
	"fmt"
	"slices"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Spans returns the spans of function, its short or its full name, that have
// ended, in the order they began.
func (r *Registry) Spans(function string) []*tracing.FinishedSpan { return r.calls.of(function) }

// Span returns the only span of function that has ended.
func (r *Registry) Span(function string) *tracing.FinishedSpan {
	r.tb.Helper()
	spans := r.Spans(function)
	if len(spans) != 1 {
		r.tb.Fatalf("%d spans of %q have ended, want 1; spans are:\n%s", len(spans), function, r.seen())
	}
	return spans[0]
}

// WantEnded reports spans that are live.
func (r *Registry) WantEnded() {
	r.tb.Helper()
	var live []string
	r.AllSpans(func(s *monkit.Span) { live = append(live, s.Func().FullName()) })
	if len(live) > 0 {
		r.tb.Errorf("these spans have not ended:%s", lines(live))
	}
}

// WantTree reports if Tree is not want. The text may be indented as a whole;
// tabs below that count as two spaces.
func (r *Registry) WantTree(want string) {
	r.tb.Helper()
	if lost := r.lost(); lost != "" {
		r.tb.Error(lost)
	}
	want = outdent(want)
	if got := r.Tree(); got != want {
		r.tb.Errorf("spans are:\n%s\nwant:\n%s", got, want)
	}
}

// lost says how many spans are not in Tree, "" if all are.
func (r *Registry) lost() string {
	if _, dropped := r.calls.list(); dropped > 0 {
		return fmt.Sprintf("%d spans were not kept: a test can see %d", dropped, tracing.MaxSpans)
	}
	return ""
}

// seen is what a message about a span that is missing says of the others.
func (r *Registry) seen() string {
	all := shortened(strings.Split(r.Tree(), "\n"))
	if lost := r.lost(); lost != "" {
		all = append(slices.Clip(all), lost)
	}
	return strings.Join(all, "\n")
}

// outdent takes what the first line is indented by off all lines, and blank
// lines off both ends.
func outdent(text string) string {
	text = strings.TrimRight(strings.TrimLeft(text, "\n"), " \t\n")
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	all := strings.Split(text, "\n")
	for i, line := range all {
		line = strings.TrimRight(strings.TrimPrefix(line, indent), " \t")
		name := strings.TrimLeft(line, " \t")
		all[i] = strings.ReplaceAll(line[:len(line)-len(name)], "\t", "  ") + name
	}
	return strings.Join(all, "\n")
}

// Tree returns all spans as text, a line for each in the order they began,
// two spaces deeper than its caller:
//
//	serve
//	  fetch: not found
//	  parse (panicked)
//	  watch (running)
func (r *Registry) Tree() string {
	all, _ := r.calls.list()
	below := map[*monkit.Span][]call{}
	kept := map[*monkit.Span]bool{nil: true}
	for _, each := range all {
		kept[each.span] = true
	}
	for _, each := range all {
		caller := each.span.Parent()
		for !kept[caller] {
			caller = caller.Parent()
		}
		below[caller] = append(below[caller], each)
	}
	return strings.Join(appendTree(nil, below, nil, ""), "\n")
}

func appendTree(out []string, below map[*monkit.Span][]call, caller *monkit.Span, indent string) []string {
	for _, each := range below[caller] {
		out = append(out, indent+each.String())
		out = appendTree(out, below, each.span, indent+"  ")
	}
	return out
}

// String is the function and how it ended.
func (c call) String() string {
	name := c.span.Func().ShortName()
	switch {
	case c.end == nil:
		return name + " (running)"
	case c.end.Panicked:
		return name + " (panicked)"
	case c.end.Err != nil:
		return fmt.Sprintf("%s: %s", name, strings.ReplaceAll(c.end.Err.Error(), "\n", " "))
	}
	return name
}
