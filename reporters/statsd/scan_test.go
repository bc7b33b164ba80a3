package statsd

import (
	"testing"

	"monkit.example/internal/codectest"
)

func BenchmarkScan(b *testing.B) {
	codectest.BenchmarkScan(b, NewCodec(Options{}), "servers.web1.requests:1|c|@0.1|#zone:eu,host:web1")
}
