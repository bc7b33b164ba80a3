package monkit

import "monkit.example/monkit"

// Default is the registry that the functions of this package use. It starts as
// the Default of monkit.example/monkit.
var Default = monkit.Default

// Registry holds scopes, and with them all metrics and all running spans.
type Registry = monkit.Registry

// NewRegistry returns an empty registry.
func NewRegistry() *Registry { return monkit.NewRegistry() }

// Scope is a named group of metrics, most often those of one package.
type Scope = monkit.Scope

// Package returns the scope of Default named after the calling package.
func Package() *Scope { return Default.CallerPackage(1) }

// ScopeNamed returns the scope of Default called name.
func ScopeNamed(name string) *Scope { return Default.ScopeNamed(name) }

// RootSpans calls Default.RootSpans.
func RootSpans(cb func(s *Span)) { Default.RootSpans(cb) }

// Scopes calls Default.Scopes.
func Scopes(cb func(s *Scope)) { Default.Scopes(cb) }

// Funcs calls Default.Funcs.
func Funcs(cb func(f *Func)) { Default.Funcs(cb) }

// Stats calls Default.Stats.
func Stats(cb func(key SeriesKey, field string, val float64)) { Default.Stats(cb) }
