package relay

import (
	"time"
	"unicode/utf8"

	"monkit.example/reporters/ledger"
)

// ledgerJSON is the form of a Ledger at /ledger?format=json.
type ledgerJSON struct {
	receivedJSON
	Listeners    []listenerJSON    `json:"listeners"`
	Destinations []destinationJSON `json:"destinations"`
}

type receivedJSON struct {
	Received int64         `json:"received"`
	Accepted int64         `json:"accepted"`
	Rejected ledger.Counts `json:"rejected"`
	Pending  int64         `json:"pending"`
}

type listenerJSON struct {
	Name string `json:"name"`
	receivedJSON
	KernelDrops *int64 `json:"kernel_dropped_datagrams"` // null if the system does not report it
	BadReadings int64  `json:"bad_readings,omitempty"`
}

type destinationJSON struct {
	Name        string        `json:"name"`
	Accepted    int64         `json:"accepted"`
	Delivered   int64         `json:"delivered"`
	Dropped     ledger.Counts `json:"dropped"`
	Pending     int64         `json:"pending"`
	Unaccounted int64         `json:"unaccounted"`
}

func (l Ledger) json() ledgerJSON {
	sum := l.Received()
	all := ledgerJSON{
		receivedJSON: receivedJSON{sum.Received, sum.Accepted, nonzero(sum.Rejected), sum.Pending},
		Listeners:    make([]listenerJSON, 0, len(l.Listeners)),
		Destinations: make([]destinationJSON, 0, len(l.Destinations)),
	}
	for _, in := range l.Listeners {
		row := listenerJSON{Name: in.Name, receivedJSON: receivedJSON{in.Received, in.Accepted, nonzero(in.Rejected), in.Pending}, BadReadings: in.BadReadings}
		if in.KnowsDrops {
			row.KernelDrops = &in.KernelDrops
		}
		all.Listeners = append(all.Listeners, row)
	}
	for _, d := range l.Destinations {
		all.Destinations = append(all.Destinations, destinationJSON{
			d.Name, d.Accepted, d.Delivered, nonzero(d.Dropped), d.Pending, d.Unaccounted(),
		})
	}
	return all
}

// nonzero returns c without zeros, as an object even if it is empty.
func nonzero(c ledger.Counts) ledger.Counts {
	n := make(ledger.Counts)
	for _, reason := range c.Reasons() {
		n[reason] = c[reason]
	}
	return n
}

// rejectedJSON is the form of a rejected line at /bad?format=json. It has a listener
// or a destination. The text is empty if the destination's server did not say which
// lines it rejected.
type rejectedJSON struct {
	At          time.Time     `json:"at"`
	Listener    string        `json:"listener,omitempty"`
	Destination string        `json:"destination,omitempty"`
	Reason      ledger.Reason `json:"reason"`
	Lines       int           `json:"lines"`
	Text        string        `json:"text"`                 // bytes that are not UTF-8 are U+FFFD
	Bytes       []byte        `json:"text_bytes,omitempty"` // the text, if it is not UTF-8
	Err         string        `json:"error"`
}

func rejectedToJSON(lines []ledger.RejectedLine) []rejectedJSON {
	all := make([]rejectedJSON, 0, len(lines))
	for _, l := range lines {
		row := rejectedJSON{At: l.At, Listener: l.Listener, Destination: l.Destination, Reason: l.Reason, Lines: l.Lines, Text: l.Text, Err: l.Err}
		if !utf8.ValidString(l.Text) {
			row.Bytes = []byte(l.Text)
		}
		all = append(all, row)
	}
	return all
}
