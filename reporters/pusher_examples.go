package reporters

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"monkit.example/internal/examples"
	"monkit.example/reporters/ledger"
)

// skipErrors say why the encoder skips points.
var skipErrors = map[ledger.Reason]string{
	ledger.NotFinite:     "the value is NaN or infinite",
	ledger.Unsupported:   "the format has no such point",
	ledger.NameCollision: "the name is, as the format writes it, that of another series",
	ledger.SeriesLimit:   "there are as many series as there may be",
	ledger.NameTooLong:   "the name is longer than is kept",
}

// keepExample keeps a line that was received, or else the points of a run, of which
// some were skipped for a reason.
func (p *Pusher) keepExample(reason ledger.Reason, line []byte, run []Point) {
	p.examples.Keep(reason, p.opts.Name, skipErrors[reason], func() string {
		if len(line) > 0 || len(run) == 0 {
			return string(line[:min(len(line), examples.MaxKept+utf8.UTFMax)])
		}
		return runText(run)
	})
}

// runText returns "measurement,tag=value field=1,other=NaN", or as many fields as an
// example has room for.
func runText(run []Point) string {
	var b strings.Builder
	b.WriteString(run[0].Key.String())
	for i := range run {
		if b.Len() >= examples.MaxKept {
			break
		}
		b.WriteByte(" ,"[min(i, 1)])
		b.WriteString(run[i].Field)
		b.WriteByte('=')
		b.WriteString(strconv.FormatFloat(run[i].Value, 'g', -1, 64))
	}
	return b.String()
}
