module monkit.example/bench

go 1.26.0

require (
	github.com/DataDog/datadog-go/v5 v5.9.1
	github.com/VictoriaMetrics/metrics v1.35.1
	github.com/influxdata/influxdb-client-go/v2 v2.14.0
	github.com/influxdata/line-protocol/v2 v2.2.1
	github.com/spacemonkeygo/monkit/v3 v3.0.25-0.20260113195619-706ad4b46206
	go.uber.org/goleak v1.3.0
	golang.org/x/net v0.62.0
	monkit.example v0.0.0
)

require (
	github.com/Microsoft/go-winio v0.5.0 // indirect
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/cenkalti/backoff/v4 v4.3.0 // indirect
	github.com/google/uuid v1.3.1 // indirect
	github.com/influxdata/line-protocol v0.0.0-20200327222509-2487e7298839 // indirect
	github.com/oapi-codegen/runtime v1.0.0 // indirect
	github.com/valyala/fastrand v1.1.0 // indirect
	github.com/valyala/histogram v1.2.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace monkit.example => ../
