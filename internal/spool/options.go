package spool

import (
	"cmp"
	"errors"
	"fmt"
)

// Options configure a Spool.
type Options struct {
	// Identity names the destination, at most 255 bytes. A directory of another
	// destination is refused. Empty means that of the segments in the
	// directory, which suits a tool that empties a spool.
	Identity string
	// Format names the format of the records, at most 63 bytes, with the same
	// rule as Identity.
	Format string
	// SegmentBytes is the size of a segment, at least 4096. No record is
	// larger. Zero means 8 MiB, or a quarter of MaxBytes if that is less.
	SegmentBytes int64
	// MaxBytes bounds the size of all segments; the cursor and the copies of
	// damaged bytes, about 1 MiB at most, come on top. It is at least two
	// segments. Zero means 1 GiB.
	MaxBytes int64
	// Reserve is the space in bytes that new segments leave free for others on
	// the file system. Zero means 256 MiB, or 5% of the file system if that is
	// less. Negative means none.
	Reserve int64
	// FS is the file system. Nil means OS.
	FS FS
}

const (
	defaultSegmentBytes = 8 << 20
	defaultMaxBytes     = 1 << 30
	minSegmentBytes     = 4096
	defaultReserve      = 256 << 20
)

func (o Options) withDefaults() (Options, error) {
	if o.FS == nil {
		o.FS = OS{}
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	o.SegmentBytes = cmp.Or(o.SegmentBytes, min(defaultSegmentBytes, o.MaxBytes/4))
	switch {
	case o.SegmentBytes < minSegmentBytes:
		return o, fmt.Errorf("a segment of %d bytes (MaxBytes is %d): at least %d are needed", o.SegmentBytes, o.MaxBytes, minSegmentBytes)
	case o.MaxBytes < 2*o.SegmentBytes:
		return o, fmt.Errorf("MaxBytes of %d: at least two segments of %d bytes are needed", o.MaxBytes, o.SegmentBytes)
	case len(o.Identity) > maxIdentity:
		return o, fmt.Errorf("an identity of %d bytes: at most %d are possible", len(o.Identity), maxIdentity)
	case len(o.Format) > maxFormat:
		return o, fmt.Errorf("a format of %d bytes: at most %d are possible", len(o.Format), maxFormat)
	}
	return o, nil
}

// MaxRecord returns the size of the largest record that a Spool with these options
// takes, or 0 if they are wrong.
func (o Options) MaxRecord() int {
	o, err := o.withDefaults()
	if err != nil {
		return 0
	}
	return o.maxRecord()
}

// maxRecord is the largest body of a record.
func (o Options) maxRecord() int {
	return int(min(MaxRecord, o.SegmentBytes-headerSize-recordHeaderSize-footerSize))
}

// checkReserve returns an error if another segment would take space that others
// may need.
func (o Options) checkReserve(dir string) error {
	if o.Reserve < 0 {
		return nil
	}
	free, size, err := o.FS.Space(dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	reserve := cmp.Or(o.Reserve, min(defaultReserve, size/20))
	if free-o.SegmentBytes < reserve {
		return fmt.Errorf("%w: %d bytes are free, and %d stay reserved after a segment of %d", ErrReserve, free, reserve, o.SegmentBytes)
	}
	return nil
}
