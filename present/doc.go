// Package present shows a registry over HTTP: what runs now, every function
// that ever ran and who called it, and the value of every series.
//
// Use HTTP:
//
//	go http.ListenAndServe("localhost:9000", present.HTTP(monkit.Default))
//
// HTTPWith has options: the recorder whose traces are to be looked at.
//
// It works at the root, in a subtree of a mux, behind http.StripPrefix and
// behind a proxy that adds a prefix: every link is relative.
//
//	/                                           what there is
//	/ps     /ps/text /ps/json /ps/dot           live spans
//	/funcs  /funcs/text /funcs/json /funcs/dot  functions and their callers
//	/stats  /stats/text /stats/json             values of all series
//	/trace  /trace/svg /trace/json              the next run of a function: regex, trace_id, preselect, timeout
//	        /trace/remote                       has it exported: the same, and viz
//	/traces /traces/text /traces/json           traces that a recorder kept
//	        /traces/svg /traces/spans           one of them: id
//
// A browser, or anybody else whose Accept header names text/html, gets tables
// at /ps, /funcs and /stats; others get the text. ?format=text, json, dot or
// html chooses by itself. The dot pages are for Graphviz.
//
// The pages show arguments and annotations of running functions, and ask
// nobody who they are: listen on localhost, or put your own check before
// them.
//
// FromRequest is the same without HTTP, and each page is a function too.
package present
