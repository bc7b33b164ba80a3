package tracing

import (
	"slices"
	"time"

	"monkit.example/monkit"
)

// MaxSpans is the largest number of spans that are collected of one trace.
// Spans that end after it is reached are counted and dropped.
const MaxSpans = 10_000

// FinishedSpan is a span that has ended, with its outcome.
type FinishedSpan struct {
	Span     *monkit.Span
	Err      error
	Panicked bool
	Finish   time.Time
}

// StartTimeSorter sorts spans by the time they started.
type StartTimeSorter []*FinishedSpan

// Len implements sort.Interface.
func (s StartTimeSorter) Len() int { return len(s) }

// Swap implements sort.Interface.
func (s StartTimeSorter) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Less implements sort.Interface.
func (s StartTimeSorter) Less(i, j int) bool { return byStart(s[i], s[j]) < 0 }

// Sort sorts s in place.
func (s StartTimeSorter) Sort() { slices.SortStableFunc(s, byStart) }

func byStart(a, b *FinishedSpan) int { return a.Span.Start().Compare(b.Span.Start()) }

// Names of annotations that exporters interpret, and the values of Kind. A
// span without Kind is a call within a process. Peer is the host and port of
// the called server. The other annotations describe an HTTP request.
const (
	Kind       = "span.kind"
	KindServer = "server"
	KindClient = "client"
	Peer       = "peer.address"

	HTTPMethod = "http.method"
	HTTPURI    = "http.uri"
	HTTPRoute  = "http.route"
	HTTPStatus = "http.responsecode"
)
