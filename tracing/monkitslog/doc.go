// Package monkitslog adds the ids of the current trace and span to log records.
//
// Wrap the handler of the program's logger:
//
//	slog.SetDefault(slog.New(monkitslog.New(slog.NewJSONHandler(os.Stderr, nil))))
//
// and log with the current context:
//
//	defer mon.Task()(&ctx)(&err)
//	slog.InfoContext(ctx, "sold", "what", what)
//
// A record whose context has a span gets trace_id and span_id, in hexadecimal
// as in traceparent headers and exported traces. They are attributes of the
// root, where tools look for them, even if the logger has groups. If the record
// or the logger already has trace_id or span_id at the root, that value stays.
// All other records pass unchanged.
package monkitslog
