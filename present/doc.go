// Package present serves the contents of a registry over HTTP: the spans that
// are open, every function with its callers, the value of every series, and
// traces.
//
// Start with ListenAndServe, whose server bounds what clients can occupy:
//
//	go present.ListenAndServe("localhost:9000", monkit.Default)
//
// HTTP returns the handler alone, for a server that the program has. HTTPWith and
// ListenAndServeWith take options, such as the recorder whose traces /traces shows.
//
// The handler works at the root, in a subtree of a mux, behind
// http.StripPrefix and behind a proxy that adds a prefix: every link is
// relative.
//
//	/                                           index
//	/ps     /ps/text /ps/json /ps/dot           open spans
//	/funcs  /funcs/text /funcs/json /funcs/dot  functions and their callers
//	/stats  /stats/text /stats/json             values of all series
//	/metrics                                    the same for Prometheus, by the Accept header
//	        /metrics/text /metrics/openmetrics  one of the two formats
//	/trace  /trace/svg /trace/json              next run of a function: regex, trace_id, preselect, min_duration,
//	                                            timeout (30s, at most 10m)
//	        /trace/remote                       exports that run: the same parameters, and viz
//	/traces /traces/text /traces/json           traces that a recorder retained
//	        /traces/svg /traces/spans           one of these traces: id
//
// At /ps, /funcs and /stats a client whose Accept header names text/html, such
// as a browser, gets tables; other clients get text. The query parameter
// format=text, json, dot or html overrides that. The dot pages are input for
// Graphviz.
//
// A function that was called outside of every measured function has the
// caller "entry".
//
// The pages show arguments and annotations of running functions, and have no
// access control: listen on localhost, or wrap the handler in a check. Requests
// by other names than localhost, an IP address or one of Options.Hosts do not see
// arguments, annotations and error texts. Requests that a web page of another site
// makes are refused as far as the browser says so, also by a link of that page: the
// refusal has a link that works.
//
// What does not print is escaped on every page: on texts and HTML as Go does,
// such as \u202e or \xff, so that they differ from the data; in JSON by its own
// escapes, so that programs get the data, except that bytes which are not UTF-8
// become U+FFFD. The pages for Prometheus have the data as it is.
//
// FromRequest returns a page without HTTP. Each page is a function of its own,
// too, and /metrics is that of package reporters/prometheus.
package present
