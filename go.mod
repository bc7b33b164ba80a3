module monkit.example

go 1.25.0

require (
	github.com/cenkalti/backoff/v4 v4.0.0
	github.com/influxdata/line-protocol/v2 v2.2.1
	go.uber.org/goleak v1.2.0
	golang.org/x/net v0.1.0
	golang.org/x/sys v0.1.0
)
