package monkit

// Default is the registry that the functions of this package use.
var Default = NewRegistry()

// Package returns the scope of Default named after the calling package.
func Package() *Scope { return Default.packageAt(callerPC(1)) }

// ScopeNamed returns the scope of Default called name.
func ScopeNamed(name string) *Scope { return Default.ScopeNamed(name) }

// RootSpans is Default.RootSpans.
func RootSpans(cb func(s *Span)) { Default.RootSpans(cb) }

// Scopes is Default.Scopes.
func Scopes(cb func(s *Scope)) { Default.Scopes(cb) }

// Funcs is Default.Funcs.
func Funcs(cb func(f *Func)) { Default.Funcs(cb) }

// Stats is Default.Stats.
func Stats(cb func(key SeriesKey, field string, val float64)) { Default.Stats(cb) }
