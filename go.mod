module monkit.example

go 1.26.0

require (
	github.com/DataDog/datadog-go/v5 v5.9.1
	github.com/cenkalti/backoff/v4 v4.3.0
	github.com/influxdata/line-protocol/v2 v2.2.1
	github.com/marpaia/graphite-golang v0.0.0-20190519024811-caf161d2c2b1
	github.com/prometheus/procfs v0.23.0
	github.com/rogpeppe/go-internal v1.16.0
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.62.0
	golang.org/x/sys v0.49.0
	golang.org/x/tools v0.52.0
)

require (
	github.com/Microsoft/go-winio v0.5.0 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)
