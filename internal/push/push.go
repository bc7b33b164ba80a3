// Package push makes the reporter of an encoder and a transport: what every
// format has in common below its address.
package push

import (
	"monkit.example/internal/send"
	"monkit.example/reporters"
)

// Options say what a format knows about a destination.
type Options struct {
	// Format is the name of the lines that are sent unchanged, such as
	// "graphite".
	Format string
	// Name is the destination in series, logs and errors, and the identity of
	// its spool. It holds no credentials.
	Name string
	// MaxPayload is the size limit of a payload in bytes.
	MaxPayload int
	// MaxLine is the size limit of a line in bytes. Zero means that of a Pusher.
	MaxLine int
	// AtMostOnce drops lines that may have arrived instead of sending them again.
	AtMostOnce bool
	// Send has what the user of the format chose.
	Send reporters.SendOptions
}

// New returns a reporter that encodes with enc and sends with t, which belong to
// it from then on. It starts goroutines, which the reporter's Close joins. An
// error is about the options, and nothing was started.
func New(enc reporters.Encoder, t send.Transport, o Options) (*reporters.Pusher, error) {
	disk, err := o.spool()
	if err != nil {
		return nil, err
	}
	size := o.maxPayload()
	s := send.New(t, send.Options{
		Name: o.Name, MaxBytes: o.Send.MaxBytes, MaxAge: o.Send.MaxAge, ChunkBytes: size,
		Counted: true, Spool: disk, Logger: o.Send.Logger, AtMostOnce: o.AtMostOnce,
	})
	return reporters.NewPusher(enc, s, reporters.PusherOptions{
		MaxPayload: size, MaxLine: o.MaxLine, Format: o.Format, Name: o.Name, Book: s.Book(),
	}), nil
}

// longLine is longer than any line that a Pusher sends.
const longLine = 8 << 10

// maxPayload returns the size limit of a payload. It is an eighth of the queue at
// most, or a long line if the queue has room for that: a full queue drops its
// oldest payload, which should not be all that it has.
func (o Options) maxPayload() int {
	if queue := o.Send.MaxBytes; queue > 0 {
		return min(o.MaxPayload, max(queue/8, min(queue, longLine)))
	}
	return o.MaxPayload
}
