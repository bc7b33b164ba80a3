package tracing

import (
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// svgStyle is the style of drawings. It has the colors of a dark theme; those
// of a light one are attributes, for viewers without the style.
const svgStyle = `.trace{display:block;max-width:1080px;height:auto;color-scheme:light dark}` +
	`.trace text{fill:#1c2126}.trace .soft{fill:#66707a}.trace .link{fill:#0b6e99;text-decoration:underline}.trace .fault{fill:#b3261e}` +
	`@media(prefers-color-scheme:dark){.trace{background:#14181b}.trace .paper{fill:#14181b}` +
	`.trace text{fill:#e4e8eb;stroke:#14181b}.trace .soft{fill:#96a1ab}.trace .link{fill:#62bfe6}.trace .fault{fill:#f2857c}` +
	`.trace .tick{stroke:#2c3339}.trace .call{stroke:#5b666f}` +
	`.trace .passed{fill:#245a8d}.trace .failed{fill:#94581a}.trace .canceled{fill:#7d6c14}.trace .panicked{fill:#a3302b}}`

// SVGStyleSource returns the source by which the directive style-src of a
// Content-Security-Policy allows the style of SpansToSVG. Without it drawings
// have the colors of a light theme.
func SVGStyleSource() string {
	sum := sha256.Sum256([]byte(svgStyle))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// tickSteps are the distances between marks of the time axis from ten seconds
// on; below, they are 1, 2 or 5 times a power of ten.
var tickSteps = []time.Duration{
	10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// maxTicks is how many marks the time axis has at most.
const maxTicks = 6

// tickStep returns a round distance between marks, of which at most maxTicks
// are within total.
func tickStep(total time.Duration) time.Duration {
	fits := func(step time.Duration) bool { return total/step < maxTicks }
	for unit := time.Duration(1); unit < 10*time.Second; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if fits(n * unit) {
				return n * unit
			}
		}
	}
	for _, step := range tickSteps {
		if fits(step) {
			return step
		}
	}
	step := 24 * time.Hour
	for !fits(step) {
		step *= 2
	}
	return step
}
