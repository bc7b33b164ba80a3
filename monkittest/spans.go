package monkittest

import (
	"fmt"
	"slices"
	"strings"

	"monkit.example/monkit"
	"monkit.example/tracing"
)

// Spans returns the spans of function that have ended, in the order in which
// they started. The function is given by its short or its full name.
func (r *Registry) Spans(function string) []*tracing.FinishedSpan {
	return r.spans.finished(function)
}

// Span returns the only span of function that has ended. It ends the test if
// there are none or several.
func (r *Registry) Span(function string) *tracing.FinishedSpan {
	r.tb.Helper()
	spans := r.Spans(function)
	if len(spans) != 1 {
		r.tb.Fatalf("%d spans of %q have ended, want 1; spans are:\n%s", len(spans), function, r.summary())
	}
	return spans[0]
}

// WantEnded reports an error if any span still runs.
func (r *Registry) WantEnded() {
	r.tb.Helper()
	var running []string
	r.AllSpans(func(s *monkit.Span) { running = append(running, s.Func().FullName()) })
	if len(running) > 0 {
		r.tb.Errorf("these spans have not ended:%s", lines(running))
	}
}

// WantTree reports an error if Tree does not return want. In want, indentation
// that all lines share is removed, and a tab below it counts as two spaces.
func (r *Registry) WantTree(want string) {
	r.tb.Helper()
	if note := r.droppedNote(); note != "" {
		r.tb.Error(note)
	}
	want = outdent(want)
	if got := r.Tree(); got != want {
		r.tb.Errorf("spans are:\n%s\nwant:\n%s", got, want)
	}
}

// droppedNote returns a sentence about the spans that are not in Tree, or "" if
// Tree has all.
func (r *Registry) droppedNote() string {
	if _, dropped := r.spans.list(); dropped > 0 {
		return fmt.Sprintf("%d spans were not recorded: a test records at most %d", dropped, tracing.MaxSpans)
	}
	return ""
}

// summary returns Tree, shortened for a message about a missing span.
func (r *Registry) summary() string {
	all := shortened(strings.Split(r.Tree(), "\n"))
	if note := r.droppedNote(); note != "" {
		all = append(slices.Clip(all), note)
	}
	return strings.Join(all, "\n")
}

// outdent removes the indentation of the first line from all lines, and blank
// lines from both ends.
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

// Tree returns all recorded spans as text: one line for each, in the order in
// which they started, indented by two spaces more than the caller's line:
//
//	serve
//	  fetch: not found
//	  parse (panicked)
//	  watch (running)
func (r *Registry) Tree() string {
	all, _ := r.spans.list()
	recorded := map[*monkit.Span]bool{nil: true}
	for _, s := range all {
		recorded[s.span] = true
	}
	children := map[*monkit.Span][]loggedSpan{}
	for _, s := range all {
		// A caller that started before Watch may be missing.
		caller := s.span.Parent()
		for !recorded[caller] {
			caller = caller.Parent()
		}
		children[caller] = append(children[caller], s)
	}
	return strings.Join(appendTree(nil, children, nil, ""), "\n")
}

func appendTree(out []string, children map[*monkit.Span][]loggedSpan, caller *monkit.Span, indent string) []string {
	for _, s := range children[caller] {
		out = append(out, indent+s.String())
		out = appendTree(out, children, s.span, indent+"  ")
	}
	return out
}
