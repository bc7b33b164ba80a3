// Package monkitslog has log records say which trace and span they belong to.
//
// Wrap the handler that the program logs with:
//
//	slog.SetDefault(slog.New(monkitslog.New(slog.NewJSONHandler(os.Stderr, nil))))
//
// and log with the context that the code runs in:
//
//	defer mon.Task()(&ctx)(&err)
//	slog.InfoContext(ctx, "sold", "what", what)
//
// Records of a context with a span get trace_id and span_id, in hexadecimal,
// as traceparent headers and exported traces have them. They stand at the
// root, where tools look for them, even for loggers that have groups. A
// record or logger that says trace_id or span_id there itself keeps its own.
// All other records pass as they are.
package monkitslog
