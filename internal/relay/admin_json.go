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
	Refused     int64         `json:"refused_datagrams,omitempty"` // although they count as delivered
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
			d.Name, d.Accepted, d.Delivered, nonzero(d.Dropped), d.Pending, d.Unaccounted(), d.Refused,
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

// rejectedJSON is the form of a group of rejected lines at /bad?format=json. It has a
// listener or a destination. The text is that of an example, which stands for so many
// lines; it is empty if it is not known.
type rejectedJSON struct {
	At          time.Time     `json:"at"` // of the example
	Listener    string        `json:"listener,omitempty"`
	Destination string        `json:"destination,omitempty"`
	Sender      string        `json:"sender,omitempty"`
	Reason      ledger.Reason `json:"reason"`
	Count       int64         `json:"count"` // of all lines of the group
	First       time.Time     `json:"first"`
	Last        time.Time     `json:"last"`
	Lines       int           `json:"lines"`
	Text        string        `json:"text"`                 // bytes that are not UTF-8 are U+FFFD
	Bytes       []byte        `json:"text_bytes,omitempty"` // the text, if it is not UTF-8
	Err         string        `json:"error"`
}

func rejectedToJSON(groups []RejectedGroup) []rejectedJSON {
	all := make([]rejectedJSON, 0, len(groups))
	for _, g := range groups {
		e := g.Example
		row := rejectedJSON{
			At: e.At, Listener: g.Listener, Destination: g.Destination, Sender: g.Sender, Reason: g.Reason,
			Count: g.Lines, First: g.First, Last: g.Last, Lines: e.Lines, Text: e.Text, Err: e.Err,
		}
		if e.Lines == 0 {
			row.At = g.Last
		}
		if !utf8.ValidString(e.Text) {
			row.Bytes = []byte(e.Text)
		}
		all = append(all, row)
	}
	return all
}
