package encode

import (
	"context"
	"io"

	"github.com/influxdata/influxdb-client-go/v2/api"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	"github.com/influxdata/influxdb-client-go/v2/api/write"
	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"monkit.example/reporters"
	"monkit.example/reporters/influx"
)

// ours returns a work that encodes each batch with the encoder that newCodec
// returns, which is a new one for each batch if every series is to be new.
func ours(newCodec func() reporters.Codec, fresh bool) *work {
	batch := points()
	codec := newCodec()
	w := new(work)
	w.run = func() {
		if fresh {
			codec = newCodec()
		}
		w.text = w.text[:0]
		runs(batch, func(run []reporters.Point) { w.text, _ = codec.AppendRun(w.text, run) })
		if !fresh {
			grow(batch)
		}
	}
	return w
}

func influxCodec() reporters.Codec { return influx.NewCodec(influx.Options{}) }

// lineProtocol is the encoder of influxdata/line-protocol/v2. It knows no series.
func lineProtocol(fresh bool) *work {
	batch := points()
	w := new(work)
	var enc lineprotocol.Encoder
	enc.SetPrecision(lineprotocol.Nanosecond)
	w.run = func() {
		enc.SetBuffer(w.text[:0])
		runs(batch, func(run []reporters.Point) { encodeLine(&enc, run) })
		if err := enc.Err(); err != nil {
			panic(err) // no point has a name or value that the format does not allow
		}
		w.text = enc.Bytes()
		if !fresh {
			grow(batch)
		}
	}
	return w
}

func encodeLine(enc *lineprotocol.Encoder, run []reporters.Point) {
	key := run[0].Key
	enc.StartLine(key.Measurement)
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		enc.AddTag(tag.Key, tag.Val)
	}
	for i := range run {
		v, ok := lineprotocol.FloatValue(run[i].Value)
		if !ok {
			panic("a value is not finite")
		}
		enc.AddField(run[i].Field, v)
	}
	enc.EndLine(at)
}

// influxClient is the blocking write API of influxdb-client-go, whose requests
// are discarded. For known series its points exist already, and only counters get
// other values; for new ones they are made.
func influxClient(fresh bool) *work {
	batch := points()
	w := new(work)
	out := &discardRequests{w: w}
	client := api.NewWriteAPIBlocking("org", "bucket", out, write.DefaultOptions())
	known := influxPoints(nil, batch)
	var scratch []*write.Point
	w.run = func() {
		all := known
		if fresh {
			scratch = influxPoints(scratch[:0], batch)
			all = scratch
		}
		if err := client.WritePoint(context.Background(), all...); err != nil {
			panic(err) // out does not fail
		}
		if !fresh {
			grow(batch)
			setCounters(known, batch)
		}
	}
	return w
}

// influxPoints appends a Point for each series of batch.
func influxPoints(dst []*write.Point, batch []reporters.Point) []*write.Point {
	runs(batch, func(run []reporters.Point) {
		key := run[0].Key
		p := write.NewPointWithMeasurement(key.Measurement).SetTime(at)
		for i := range key.Tags.Len() {
			tag := key.Tags.At(i)
			p.AddTag(tag.Key, tag.Val)
		}
		for i := range run {
			p.AddField(run[i].Field, run[i].Value)
		}
		dst = append(dst, p)
	})
	return dst
}

// setCounters sets the values of the counters of batch, the last ones of all.
func setCounters(all []*write.Point, batch []reporters.Point) {
	for i := range counters {
		all[len(all)-1-i].FieldList()[0].Value = batch[len(batch)-1-i].Value
	}
}

// discardRequests is a Service of influxdb-client-go that sends nothing.
type discardRequests struct {
	influxhttp.Service
	w *work
}

// ServerAPIURL implements influxhttp.Service.
func (*discardRequests) ServerAPIURL() string { return "http://127.0.0.1:8086/api/v2/" }

// DoPostRequest implements influxhttp.Service.
func (d *discardRequests) DoPostRequest(_ context.Context, _ string, body io.Reader, _ influxhttp.RequestCallback, _ influxhttp.ResponseCallback) *influxhttp.Error {
	if d.w.keep {
		text, err := io.ReadAll(body)
		if err != nil {
			return influxhttp.NewError(err)
		}
		d.w.text = text
	}
	return nil
}
