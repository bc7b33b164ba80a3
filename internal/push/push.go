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
	// FormerName is what Name was in versions that masked fewer credentials. A
	// spool that has it is used under it, so that its lines are not left behind.
	// It is never shown. Empty means Name.
	FormerName string
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
// error is about the options, and nothing was started. If t is a
// reporters.Logging, as with a [Log] in it, it gets the reporter's logger.
func New(enc reporters.Encoder, t send.Transport, o Options) (*reporters.Pusher, error) {
	disk, err := o.spool()
	if err != nil {
		return nil, err
	}
	size := send.PayloadSize(o.MaxPayload, o.Send.MaxBytes)
	s := send.New(t, send.Options{
		Name: o.Name, MaxBytes: o.Send.MaxBytes, MaxAge: o.Send.MaxAge, ChunkBytes: size,
		Counted: true, Spool: disk, Logger: o.Send.Logger, AtMostOnce: o.AtMostOnce,
	})
	return reporters.NewPusher(enc, o.share(s, t), reporters.PusherOptions{
		MaxPayload: size, MaxLine: o.MaxLine, Format: o.Format, Name: o.Name, Book: s.Book(), Logger: o.Send.Logger,
	}), nil
}
