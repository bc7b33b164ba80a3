package encode

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	datadog "github.com/DataDog/datadog-go/v5/statsd"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/statsd"
)

// maxDatagram is the largest payload on both sides.
const maxDatagram = 1432

// pushStatsd is a Pusher that encodes DogStatsD, cuts datagrams and discards them.
func pushStatsd(fresh bool) *work {
	w := new(work)
	newPusher := func() *reporters.Pusher {
		return reporters.NewPusher(statsd.NewCodec(statsd.Options{Dialect: statsd.DogStatsD}), discardPayloads{w}, reporters.PusherOptions{MaxPayload: maxDatagram})
	}
	push, batch := newPusher(), &reporters.Batch{At: at, Points: points()}
	w.run = func() {
		if fresh {
			push = newPusher()
		}
		w.text = w.text[:0]
		if err := push.Report(context.Background(), batch); err != nil {
			panic(err) // the sender does not fail
		}
		if !fresh {
			grow(batch.Points)
		}
	}
	return w
}

// discardPayloads is a reporters.Sender.
type discardPayloads struct{ w *work }

// Send implements reporters.Sender.
func (d discardPayloads) Send(_ context.Context, payload []byte, _ int) error {
	if d.w.keep {
		d.w.text = append(d.w.text, payload...)
	}
	return nil
}

// Flush implements reporters.Sender.
func (discardPayloads) Flush(context.Context) error { return nil }

// Close implements reporters.Sender.
func (discardPayloads) Close(context.Context) error { return nil }

// dogstatsd is the client of DataDog/datadog-go, which writes datagrams to a
// writer that discards them. For known series the names and tags of the calls
// exist already; for new ones they are made, as the caller has to.
func dogstatsd(fresh bool) *work {
	batch := points()
	w := new(work)
	out := &discardDatagrams{w: w}
	client, err := datadog.NewWithWriter(out,
		datadog.WithMaxBytesPerPayload(maxDatagram), datadog.WithoutTelemetry(), datadog.WithoutOriginDetection(),
		datadog.WithoutClientSideAggregation(), datadog.WithSenderQueueSize(1<<12), datadog.WithBufferPoolSize(1<<12),
		datadog.WithBufferFlushInterval(24*time.Hour))
	if err != nil {
		panic(err) // the options are right
	}
	known := dogSeries(nil, batch)
	var scratch []dogMetric
	batches := 0
	w.run = func() {
		all := known
		if fresh {
			scratch = dogSeries(scratch[:0], batch)
			all = scratch
		}
		w.text = w.text[:0]
		reportDog(client, all, batch)
		if err := client.Flush(); err != nil {
			panic(err) // the client is open
		}
		batches++
	}
	w.close = func() error { return client.Close() }
	w.lost = func() error {
		if n, want := out.lines.Load(), int64(batches*total); n != want {
			return fmt.Errorf("the client wrote %d lines of %d", n, want)
		}
		return nil
	}
	return w
}

// dogMetric is what a caller of datadog-go keeps of a metric.
type dogMetric struct {
	name string
	tags []string
}

// dogSeries appends what each point of batch needs. The points of a series share
// their tags.
func dogSeries(dst []dogMetric, batch []reporters.Point) []dogMetric {
	runs(batch, func(run []reporters.Point) {
		tags := dogTags(run[0].Key)
		for i := range run {
			dst = append(dst, dogMetric{run[i].Key.Measurement + "." + run[i].Field, tags})
		}
	})
	return dst
}

func dogTags(key monkit.SeriesKey) []string {
	tags := make([]string, key.Tags.Len())
	for i := range tags {
		tag := key.Tags.At(i)
		tags[i] = tag.Key + ":" + tag.Val
	}
	return tags
}

func reportDog(client *datadog.Client, all []dogMetric, batch []reporters.Point) {
	for i := range batch {
		m := &all[i]
		var err error
		if batch[i].Kind == reporters.Counter {
			err = client.Count(m.name, growth, m.tags, 1)
		} else {
			err = client.Gauge(m.name, batch[i].Value, m.tags, 1)
		}
		if err != nil {
			panic(err) // the client is open
		}
	}
}

// discardDatagrams counts lines. The goroutine of the client writes.
type discardDatagrams struct {
	w     *work
	lines atomic.Int64
}

// Write implements io.Writer.
func (d *discardDatagrams) Write(p []byte) (int, error) {
	d.lines.Add(int64(bytes.Count(p, []byte{'\n'})))
	if d.w.keep {
		d.w.text = append(d.w.text, p...)
	}
	return len(p), nil
}

// Close implements io.Closer.
func (*discardDatagrams) Close() error { return nil }
