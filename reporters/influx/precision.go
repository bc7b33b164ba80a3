package influx

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"monkit.example/internal/line"
	"monkit.example/reporters"
)

// units are the units that times can have, by the names of InfluxDB, finest first.
var units = []struct {
	name, text string
	unit       time.Duration
	hint       reporters.Hint // for times that seem to have it, in place of a finer one
}{
	{name: "ns", text: "nanoseconds", unit: time.Nanosecond},
	{"us", "microseconds", time.Microsecond, hintOf("microseconds", "us")},
	{"ms", "milliseconds", time.Millisecond, hintOf("milliseconds", "ms")},
	{"s", "seconds", time.Second, hintOf("seconds", "s")},
}

func hintOf(text, name string) reporters.Hint {
	return reporters.Hint{
		Name:   "time_in_" + text,
		Advice: "times before 1980 that are of this century in " + text + ": write precision=" + name + " in the address of the listener, or have the sender write nanoseconds",
	}
}

// hintBefore1980 is for times before 1980 that no unit explains, such as 0. They are
// stored as InfluxDB stores them.
var hintBefore1980 = reporters.Hint{
	Name:   "time_before_1980",
	Advice: "times before 1980: the clock of the sender is not set, or it writes another unit than the listener's precision, which is nanoseconds by default; a sender that has no time should leave it out",
}

// Times of this century, in seconds. A time before 1980 comes from a clock that is
// not set, or has another unit.
const (
	second1980 = 315_532_800
	second2100 = 4_102_444_800
)

// ParsePrecision returns the unit of times that InfluxDB calls name: ns, us, ms or s.
func ParsePrecision(name string) (time.Duration, error) {
	for _, u := range units {
		if u.name == name {
			return u.unit, nil
		}
	}
	return 0, fmt.Errorf("precision %q is not known; write ns, us, ms or s", name)
}

// DecoderOptions configure a decoder. The zero value is that of a [NewCodec].
type DecoderOptions struct {
	// Precision is the unit of the lines' times, such as time.Second. Lines that
	// are sent on have nanoseconds nevertheless. Zero means a nanosecond.
	Precision time.Duration
	// Totals is that of [Options].
	Totals bool
}

// NewDecoder returns the decoder of lines whose times have another unit than
// nanoseconds. It may be called by several goroutines at a time.
func NewDecoder(o DecoderOptions) reporters.Decoder {
	if o.Precision <= time.Nanosecond {
		return &codec{totals: o.Totals}
	}
	return scaled{o.Precision, o.Totals}
}

// scaled decodes lines whose times have this unit. It is no reporters.Scanner, since
// no line is kept as it is.
type scaled struct {
	unit   time.Duration
	totals bool
}

func (d scaled) Decode(b *reporters.Batch, p []byte) int { return decode(b, p, d.unit, d.totals) }

var errTime = errors.New("time is no whole number of 64 bits")

// parseTime returns the time in nanoseconds since 1970. It counts a hint if the unit
// seems to be another one.
func parseTime(b *reporters.Batch, stamp []byte, unit time.Duration) (nanos int64, err error) {
	n, err := strconv.ParseInt(line.String(stamp), 10, 64)
	if err != nil {
		return 0, errTime
	}
	if limit := math.MaxInt64 / int64(unit); n > limit || n < -limit || !isStored(n*int64(unit)) {
		return 0, rangeError(n, unit)
	}
	if nanos = n * int64(unit); nanos < second1980*1e9 {
		b.Hint(hintAbout(n), 1)
	}
	return nanos, nil
}

// hintAbout returns the hint about a time before 1980.
func hintAbout(n int64) reporters.Hint {
	for _, u := range units[1:] {
		if isRecent(n, u.unit) {
			return u.hint
		}
	}
	return hintBefore1980
}

// isRecent reports whether n is a time of this century in the unit.
func isRecent(n int64, unit time.Duration) bool {
	second := int64(time.Second / unit)
	return n/second >= second1980 && n/second < second2100
}

// rangeError returns the error of a time that nanoseconds cannot hold.
func rangeError(n int64, unit time.Duration) error {
	err := fmt.Errorf("time %d is out of the range that nanoseconds have, in units of %v since 1970", n, unit)
	for _, u := range units {
		if isRecent(n, u.unit) {
			return fmt.Errorf("%w; it seems to be in %s: write precision=%s in the address of the listener", err, u.text, u.name)
		}
	}
	return err
}
