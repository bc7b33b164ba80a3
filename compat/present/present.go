package present

import (
	"io"
	"net/http"
	"net/url"

	"monkit.example/monkit"
	"monkit.example/present"
)

// Result is a function that writes a page.
type Result = present.Result

// options keep the forms that programs parse.
var options = present.Options{DecimalIDs: true}

// HTTP returns a handler that serves all pages of r.
func HTTP(r *monkit.Registry) http.Handler { return present.HTTPWith(r, options) }

// FromRequest returns the page of reg at path and its content type.
func FromRequest(reg *monkit.Registry, path string, query url.Values) (f Result, contentType string, err error) {
	return present.FromRequestWith(reg, options, path, query)
}

// FuncsText writes all functions as text.
func FuncsText(r *monkit.Registry, w io.Writer) error { return present.FuncsText(r, w) }

// FuncsJSON writes all functions as JSON.
func FuncsJSON(r *monkit.Registry, w io.Writer) error { return present.FuncsJSON(r, w) }

// FuncsDot writes the graph of callers and functions for Graphviz.
func FuncsDot(r *monkit.Registry, w io.Writer) error { return present.FuncsDot(r, w) }

// SpansText writes the running spans as text.
func SpansText(r *monkit.Registry, w io.Writer) error { return present.SpansTextDecimal(r, w) }

// SpansJSON writes the running spans as JSON.
func SpansJSON(r *monkit.Registry, w io.Writer) error { return present.SpansJSON(r, w) }

// SpansDot writes the running spans as a graph for Graphviz.
func SpansDot(r *monkit.Registry, w io.Writer) error { return present.SpansDot(r, w) }

// StatsText writes the values of all series as text.
func StatsText(r *monkit.Registry, w io.Writer) error { return present.StatsText(r, w) }

// StatsJSON writes the values of all series as JSON.
func StatsJSON(r *monkit.Registry, w io.Writer) error { return present.StatsJSON(r, w) }

// StatsOld calls StatsText.
//
// Deprecated: use StatsText.
func StatsOld(r *monkit.Registry, w io.Writer) error { return present.StatsText(r, w) }
