// Package http has the exported names of package http of monkit/v3 and forwards
// them to monkit.example/tracing/monkithttp. Start with TraceHandler and
// TraceRequest; new code imports monkit.example/tracing/monkithttp.
package http
