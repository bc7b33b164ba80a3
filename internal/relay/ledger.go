package relay

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"monkit.example/reporters/ledger"
)

// Ledger accounts for every line of a Relay.
type Ledger struct {
	Listeners    []ListenerLedger
	Destinations []DestinationLedger
}

// ListenerLedger counts the lines of one listener.
type ListenerLedger struct {
	Name string
	ledger.Listener
	// KernelDrops is how many datagrams the kernel dropped before they were
	// read. They are not counted as lines. KnowsDrops is false if the system
	// does not report them.
	KernelDrops int64
	KnowsDrops  bool
	// BadReadings is how many readings were left out of accepted lines in this run:
	// see reporters.Batch.RejectReadings.
	BadReadings int64
}

// DestinationLedger counts the lines of one destination.
type DestinationLedger struct {
	Name string
	ledger.Ledger
	// Routed is how many lines its listeners accepted, and how many points
	// the aggregate produced for it, in this run and, with a spool, those before.
	// It equals Accepted once Run has returned.
	Routed int64
	// Refused is how many datagrams the system of the destination refused, in this
	// run, since nothing listens there. Their lines count as delivered.
	Refused int64
}

// Ledger reads all counts, those of the destinations first. While lines are
// moving, the counts of the listeners may be ahead.
func (r *Relay) Ledger() Ledger {
	var all Ledger
	for _, d := range r.allDestinations() {
		if k, ok := d.Reporter.(ledger.Keeper); ok {
			all.Destinations = append(all.Destinations, DestinationLedger{d.Name, r.withCut(d, k.Ledger()), r.routed(d), d.refused()})
		}
	}
	for _, rec := range r.receivers {
		drops, ok := rec.listener.KernelDrops()
		all.Listeners = append(all.Listeners, ListenerLedger{rec.listener.Name(), rec.ledger(), drops, ok, rec.badReadings.Load()})
	}
	return all
}

// allDestinations returns the destinations and, if there is one, the aggregate.
func (r *Relay) allDestinations() []*destination {
	if r.aggregate == nil {
		return r.destinations
	}
	return append(slices.Clip(r.destinations), r.aggregate)
}

// refused returns how many datagrams to d were refused.
func (d *destination) refused() int64 {
	st, _ := d.stats()
	return st.Transport.Refused
}

// acceptedBy returns how many lines d has accepted.
func acceptedBy(d Destination) int64 {
	if k, ok := d.Reporter.(ledger.Keeper); ok {
		return k.Ledger().Accepted
	}
	return 0
}

// withCut returns l, the ledger of d, with the points of the aggregate that were not
// reported to it.
func (r *Relay) withCut(d *destination, l ledger.Ledger) ledger.Ledger {
	if r.fanOut == nil || !slices.Contains(r.fanOut.destinations, d) {
		return l
	}
	cut := r.fanOut.cutOff()
	l = l.Clone()
	l.Accepted += cut
	l.Drop(ledger.Closed, cut)
	return l
}

// routed returns how many lines and points d should have accepted.
func (r *Relay) routed(d *destination) int64 {
	n := d.before
	for _, rec := range r.receivers {
		if slices.Contains(rec.destinations, d) {
			n += rec.ledger().Accepted - rec.before
		}
	}
	if r.fanOut != nil && slices.Contains(r.fanOut.destinations, d) {
		n += r.fanOut.reported()
	}
	return n
}

// Received returns the sum of all listeners.
func (l Ledger) Received() ledger.Listener {
	var sum ledger.Listener
	for _, in := range l.Listeners {
		sum = sum.Add(in.Listener)
	}
	return sum
}

// Check returns an error if a listener or destination does not balance, if a
// listener has lines that were not decoded, or if a destination did not accept all
// lines that were routed to it. The latter two hold only once Run has returned.
func (l Ledger) Check() error {
	var errs []error
	for _, in := range l.Listeners {
		errs = append(errs, in.Check())
		if in.Pending != 0 {
			errs = append(errs, fmt.Errorf("%s: %d lines came in that are neither accepted nor rejected", in.Name, in.Pending))
		}
	}
	for _, d := range l.Destinations {
		errs = append(errs, d.Check())
		if d.Accepted != d.Routed {
			errs = append(errs, fmt.Errorf("%s accepted %d lines of the %d routed to it", d.Name, d.Accepted, d.Routed))
		}
	}
	return errors.Join(errs...)
}

// Print writes a line for all listeners together, one for each, and one for
// each destination.
func (l Ledger) Print(w io.Writer) {
	fmt.Fprintf(w, "ledger: %v\n", l.Received())
	for _, in := range l.Listeners {
		fmt.Fprintf(w, "  from %s: %v kernel_dropped_datagrams=%s%s\n", in.Name, in.Listener, in.drops(), in.badReadings())
	}
	for _, d := range l.Destinations {
		fmt.Fprintf(w, "  to %s: %v unaccounted=%d%s\n", d.Name, d.Ledger, d.Unaccounted(), d.refusals())
	}
}

// refusals is " refused_datagrams=7", or empty without any.
func (d DestinationLedger) refusals() string {
	if d.Refused == 0 {
		return ""
	}
	return fmt.Sprintf(" refused_datagrams=%d", d.Refused)
}

func (l ListenerLedger) drops() string {
	if !l.KnowsDrops {
		return "unknown"
	}
	return fmt.Sprint(l.KernelDrops)
}

// badReadings is " bad_readings=2", or "" if there are none.
func (l ListenerLedger) badReadings() string {
	if l.BadReadings == 0 {
		return ""
	}
	return fmt.Sprint(" bad_readings=", l.BadReadings)
}
