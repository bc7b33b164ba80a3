package relay

import "time"

// ledgerJSON is a Ledger as /ledger?format=json has it.
type ledgerJSON struct {
	intakeJSON
	Listeners    []listenerJSON    `json:"listeners"`
	Destinations []destinationJSON `json:"destinations"`
}

type intakeJSON struct {
	Received int64            `json:"received"`
	Accepted int64            `json:"accepted"`
	Rejected map[string]int64 `json:"rejected"` // by reason
}

type listenerJSON struct {
	Name string `json:"name"`
	intakeJSON
	KernelDrops *int64 `json:"kernel_dropped_datagrams"` // null where the system does not say
}

type destinationJSON struct {
	Name        string           `json:"name"`
	Accepted    int64            `json:"accepted"`
	Delivered   int64            `json:"delivered"`
	Dropped     map[string]int64 `json:"dropped"` // by reason
	Pending     int64            `json:"pending"`
	Unexplained int64            `json:"unexplained"`
}

func (l Ledger) json() ledgerJSON {
	in := l.Intake()
	all := ledgerJSON{
		intakeJSON:   intakeJSON{in.Received, in.Accepted, some(in.Rejected)},
		Listeners:    make([]listenerJSON, 0, len(l.Listeners)),
		Destinations: make([]destinationJSON, 0, len(l.Destinations)),
	}
	for _, in := range l.Listeners {
		row := listenerJSON{Name: in.Name, intakeJSON: intakeJSON{in.Received, in.Accepted, some(in.Rejected)}}
		if in.KnowsDrops {
			row.KernelDrops = &in.KernelDrops
		}
		all.Listeners = append(all.Listeners, row)
	}
	for _, d := range l.Destinations {
		all.Destinations = append(all.Destinations, destinationJSON{
			d.Name, d.Accepted, d.Delivered, some(d.Dropped), d.Pending, d.Unexplained(),
		})
	}
	return all
}

// some is m without what never happened, as an object even if that is all.
func some(m map[string]int64) map[string]int64 {
	n := make(map[string]int64)
	for why, count := range m {
		if count != 0 {
			n[why] = count
		}
	}
	return n
}

// badJSON is a BadLine as /bad?format=json has it.
type badJSON struct {
	At       time.Time `json:"at"`
	Listener string    `json:"listener"`
	Why      string    `json:"why"`
	Text     string    `json:"text"`
	Err      string    `json:"error"`
}

func badToJSON(bad []BadLine) []badJSON {
	all := make([]badJSON, 0, len(bad))
	for _, b := range bad {
		all = append(all, badJSON(b))
	}
	return all
}
