package present

import (
	"bytes"
	"cmp"
	"html/template"
	"io"
	"net/url"
	"time"

	"monkit.example/internal/printable"
	"monkit.example/tracing"
)

// traceForm has the fields of the form.
type traceForm struct {
	Regex, TraceID, MinDuration, Timeout string

	Exports bool // exporters get sampled traces
}

// traceForm returns the fields that the query has.
func (r request) traceForm() traceForm {
	return traceForm{
		Regex:       r.query.Get("regex"),
		TraceID:     r.query.Get("trace_id"),
		MinDuration: r.query.Get("min_duration"),
		Timeout:     cmp.Or(r.query.Get("timeout"), defaultTimeout.String()),
		Exports:     tracing.Exports(r.registry),
	}
}

var traceHTML = htmlView("trace", func(req request) any { return req.traceForm() })

// awaited are the views whose result a page can wait for, by the query parameter
// as.
var awaited = map[string]func(request) (Result, error){
	"svg":    traceView(drawing("trace")),
	"json":   traceView(writeSpans),
	"remote": traceRemote,
}

var waitLayout = parse("wait")

// traceWait is the view that the form leads to. It shows at once what it waits
// for, and then the trace, or why there is none.
func traceWait(req request) (Result, error) {
	as := cmp.Or(req.query.Get("as"), "svg")
	open, ok := awaited[as]
	if !ok {
		return nil, badRequest("invalid as %.40q; write svg, json or remote", as)
	}
	form := req.traceForm()
	req.query = url.Values{
		"regex": {form.Regex}, "trace_id": {form.TraceID}, "min_duration": {form.MinDuration}, "timeout": {form.Timeout},
		"preselect": {req.query.Get("preselect")},
	}
	result, err := open(req)
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error {
		page := &waitPage{traceForm: form, Query: template.URL(req.query.Encode()), Since: time.Now(), as: as, result: result, out: w}
		return waitLayout.Execute(w, req.document("trace", page))
	}, nil
}

// waitPage is the data of ui/wait.html, which calls Send and then Result.
type waitPage struct {
	traceForm
	Query template.URL // of the form
	Since time.Time

	as     string
	result Result
	out    io.Writer
}

// Send sends the page as far as it is written.
func (p *waitPage) Send() (string, error) { return "", flush(p.out) }

// waited is the result of a waitPage.
type waited struct {
	At      time.Time
	Err     string
	Drawing template.HTML
	Text    string
}

// Result waits for the trace.
func (p *waitPage) Result() waited {
	w := waitWriter{below: p.out}
	err := p.result(&w)
	done := waited{At: time.Now()}
	switch {
	case err != nil:
		done.Err = err.Error()
	case p.as == "svg":
		done.Drawing = template.HTML(w.String()) // SpansToSVG escapes all text of the program
	default:
		done.Text = string(printable.JSON(bytes.TrimSpace(w.Bytes())))
	}
	return done
}

// waitWriter buffers what a view writes. It passes on what keeps the connection
// open while the view waits.
type waitWriter struct {
	bytes.Buffer
	below io.Writer
}

// Extend implements the method that extendDeadline calls.
func (w *waitWriter) Extend(d time.Duration) { extendDeadline(w.below, d) }

// Flush writes a newline, which HTML allows as well.
func (w *waitWriter) Flush() error { return writeKeepAlive(w.below) }
