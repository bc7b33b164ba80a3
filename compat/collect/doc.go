// Package collect has the exported names of package collect of monkit/v3 and
// forwards them to monkit.example/tracing. Start with CollectSpans; new code
// imports monkit.example/tracing.
package collect
