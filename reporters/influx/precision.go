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

// unit is a unit that times can have.
type unit struct {
	name, text string // name as InfluxDB has it
	unit       time.Duration
}

// units are the units of InfluxDB, finest first.
var units = []unit{
	{"ns", "nanoseconds", time.Nanosecond},
	{"us", "microseconds", time.Microsecond},
	{"ms", "milliseconds", time.Millisecond},
	{"s", "seconds", time.Second},
}

// textOf returns the name of any unit for a reader.
func textOf(d time.Duration) string {
	for _, u := range units {
		if u.unit == d {
			return u.text
		}
	}
	return "units of " + d.String()
}

// wrongUnit is the unit of a listener and another one that times seem to have, or none.
type wrongUnit struct{ listener, line time.Duration }

// hints are those about times before 1980, by the units that listeners of the relay have.
var hints = func() map[wrongUnit]reporters.Hint {
	all := make(map[wrongUnit]reporters.Hint)
	for _, listener := range units {
		all[wrongUnit{listener.unit, 0}] = newHint(listener.unit, unit{})
		for _, line := range units {
			all[wrongUnit{listener.unit, line.unit}] = newHint(listener.unit, line)
		}
	}
	return all
}()

// newHint returns the hint about times before 1980 that seem to have the unit u, or to
// have none, such as 0. They are stored as InfluxDB stores them.
func newHint(listener time.Duration, u unit) reporters.Hint {
	if u.name == "" {
		return reporters.Hint{
			Name: "time_before_1980",
			Advice: "times before 1980: the clock of the sender is not set, or it does not write " + textOf(listener) +
				", which is the precision of the listener; a sender that has no time should leave it out",
		}
	}
	return reporters.Hint{
		Name: "time_in_" + u.text,
		Advice: "times before 1980 that are of this century in " + u.text + ": write precision=" + u.name +
			" in the address of the listener, or have the sender write " + textOf(listener),
	}
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
		b.Hint(hintAbout(n, unit), 1)
	}
	return nanos, nil
}

// hintAbout returns the hint about a time before 1980 in the unit of the listener.
func hintAbout(n int64, listener time.Duration) reporters.Hint {
	var found unit
	for _, u := range units {
		if u.unit > listener && isRecent(n, u.unit) {
			found = u
			break
		}
	}
	if hint, ok := hints[wrongUnit{listener, found.unit}]; ok {
		return hint
	}
	return newHint(listener, found)
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
