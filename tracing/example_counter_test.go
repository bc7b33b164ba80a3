package tracing_test

import (
	"time"

	"monkit.example/monkit"
)

// counter is the least that an exporter can be.
type counter struct{ spans int }

func (c *counter) Start(*monkit.Span)                          {}
func (c *counter) Finish(*monkit.Span, error, bool, time.Time) { c.spans++ }
