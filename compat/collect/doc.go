// Package collect is monkit.example/tracing, as far as the library that this one
// succeeds has it, under that library's import path. Start with CollectSpans;
// new code imports monkit.example/tracing.
package collect
