// Package http is monkit.example/tracing/monkithttp, as far as the library that
// this one succeeds has it, under that library's import path. Start with
// TraceHandler and TraceRequest; new code imports
// monkit.example/tracing/monkithttp.
package http
