package influx

import (
	"testing"

	"monkit.example/internal/codectest"
)

func BenchmarkScan(b *testing.B) {
	codectest.BenchmarkScan(b, NewCodec(Options{}), "requests,host=web1,zone=eu count=12i,mean=0.25,up=true 1700000000000000000")
}
