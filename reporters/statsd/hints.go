package statsd

import "monkit.example/reporters"

// What Decode notices in lines that it accepts.
var (
	hintDogstatsd = reporters.Hint{
		Name: "dogstatsd_syntax", OfPoints: true,
		Advice: "lines have tags behind |#, several values before a type, or other syntax of DogStatsD, which the reference daemon does not have. " +
			"If DogStatsD clients send them, write ?dialect=dogstatsd in the address of the listener: then a gauge with a sign is a value. " +
			"If not, write ?dialect=statsd",
	}
	hintType = reporters.Hint{
		Name:   "unknown_type",
		Advice: "lines have a type that is none of c, g, ms, h, d, s, m and kv. They are counted as counters, as the reference daemon does: correct the type if they are none",
	}
	hintTag = reporters.Hint{
		Name: "tag_without_key", OfPoints: true,
		Advice: "lines have a tag with a value and no key, such as #:value, which is left out: write key:value, or key=value in a name",
	}
)

// countHints counts the current line, which is accepted.
func (d *decoder) countHints() {
	if d.dogstatsdSyntax {
		d.dogstatsdLines++
	}
	if d.unknownType {
		d.typeLines++
	}
	if d.keylessTag {
		d.tagLines++
	}
}

// addHints adds the counts to the batch.
func (d *decoder) addHints(chosen bool) {
	if d.dogstatsdLines > 0 && !d.dogstatsd && !chosen {
		d.b.Hint(hintDogstatsd, d.dogstatsdLines)
	}
	if d.typeLines > 0 {
		d.b.Hint(hintType, d.typeLines)
	}
	if d.tagLines > 0 {
		d.b.Hint(hintTag, d.tagLines)
	}
}
