package relay

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"monkit.example/internal/ledger"
)

// Ledger accounts for every line of a Relay.
type Ledger struct {
	Listeners    []ListenerLedger
	Destinations []DestinationLedger
}

// ListenerLedger is what one listener saw.
type ListenerLedger struct {
	Name string
	ledger.Intake
	// KernelDrops is how many datagrams the kernel dropped before they could
	// be read: they are not lines yet. KnowsDrops is false where the system
	// does not say.
	KernelDrops int64
	KnowsDrops  bool
}

// DestinationLedger is what became of the lines for one destination.
type DestinationLedger struct {
	Name string
	ledger.Ledger
	// Handed is how many lines its listeners accepted, and how many points
	// the aggregate made for it. It is Accepted once Run has ended.
	Handed int64
}

// Ledger reads all counts. While lines are moving, a listener's may be ahead
// of a destination's by what is between them.
func (r *Relay) Ledger() Ledger {
	var all Ledger
	dests := r.dests
	if r.fold != nil {
		dests = append(slices.Clip(dests), r.fold)
	}
	for _, d := range dests {
		if l, ok := d.Reporter.(ledger.Ledgered); ok {
			all.Destinations = append(all.Destinations, DestinationLedger{d.Name, l.Ledger(), r.handed(d)})
		}
	}
	for _, in := range r.intakes {
		drops, ok := in.listener.KernelDrops()
		all.Listeners = append(all.Listeners, ListenerLedger{in.listener.Name(), in.ledger(), drops, ok})
	}
	return all
}

// handed is how much d was to be given.
func (r *Relay) handed(d *dest) int64 {
	var n int64
	for _, in := range r.intakes {
		if slices.Contains(in.dests, d) {
			n += in.ledger().Accepted
		}
	}
	if r.fan != nil && slices.Contains(r.fan.dests, d) {
		n += r.fan.handed()
	}
	return n
}

// Intake is the sum of all listeners.
func (l Ledger) Intake() ledger.Intake {
	var sum ledger.Intake
	for _, in := range l.Listeners {
		sum = sum.Add(in.Intake)
	}
	return sum
}

// Check returns an error if any part of the law is broken. That each
// destination was handed all that was accepted holds only once Run has ended.
func (l Ledger) Check() error {
	var errs []error
	for _, in := range l.Listeners {
		errs = append(errs, in.Check())
	}
	for _, d := range l.Destinations {
		errs = append(errs, d.Check())
		if d.Accepted != d.Handed {
			errs = append(errs, fmt.Errorf("%s has %d lines of %d", d.Name, d.Accepted, d.Handed))
		}
	}
	return errors.Join(errs...)
}

// Print writes a line for the sum, one for each listener and one for each
// destination.
func (l Ledger) Print(w io.Writer) {
	in := l.Intake()
	fmt.Fprintf(w, "ledger: received=%d accepted=%d rejected=%d%s\n", in.Received, in.Accepted, in.Received-in.Accepted, reasons(in.Rejected))
	for _, in := range l.Listeners {
		fmt.Fprintf(w, "  from %s: received=%d accepted=%d rejected=%d%s kernel_dropped_datagrams=%s\n",
			in.Name, in.Received, in.Accepted, in.Received-in.Accepted, reasons(in.Rejected), in.drops())
	}
	for _, d := range l.Destinations {
		fmt.Fprintf(w, "  to %s: accepted=%d delivered=%d dropped=%d%s pending=%d unexplained=%d\n",
			d.Name, d.Accepted, d.Delivered, d.Lost(), reasons(d.Dropped), d.Pending, d.Unexplained())
	}
}

func (l ListenerLedger) drops() string {
	if !l.KnowsDrops {
		return "unknown"
	}
	return fmt.Sprint(l.KernelDrops)
}

// reasons is "(age=1,full=2)", or nothing if all are zero.
func reasons(n map[string]int64) string {
	var all []string
	for _, why := range slices.Sorted(maps.Keys(n)) {
		if n[why] != 0 {
			all = append(all, fmt.Sprintf("%s=%d", why, n[why]))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "(" + strings.Join(all, ",") + ")"
}
