package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/listen"
	"monkit.example/monkit"
	"monkit.example/reporters"
)

// Config says what a Relay does. At least one listener and one destination
// are needed.
type Config struct {
	// Listen are addresses such as "graphite+udp://:2003".
	Listen []string
	// Forward are addresses such as "influx+http://host:8086/write?db=x".
	Forward []string
	// Destinations are reporters in this process that get all lines too. The
	// relay closes them.
	Destinations []Destination
	// Aggregate is how often the series that statsd lines were folded into
	// are sent to destinations of other formats. Zero means 10 s.
	Aggregate time.Duration
	// Drain is how long Run may deliver after its context has ended. Zero
	// means 5 s.
	Drain time.Duration
	// RcvBuf is the kernel's buffer for datagrams, in bytes. Zero means 8 MiB.
	RcvBuf int
	// HTTP is where the admin pages are, such as "127.0.0.1:9125"; without a
	// host, this machine only. Empty means nowhere.
	HTTP string
	// Registry gets the relay's own series while it runs, and its pages are
	// among the admin pages. Nil means that there is none.
	Registry *monkit.Registry
	// Logger hears what an operator should know. Nil means nobody does.
	Logger *slog.Logger
}

// Destination is a reporter with a name.
type Destination struct {
	Name     string
	Reporter reporters.Reporter
}

func (c Config) withDefaults() Config {
	if c.Aggregate <= 0 {
		c.Aggregate = collect.DefaultInterval
	}
	if c.Drain <= 0 {
		c.Drain = 5 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Relay is a set of listeners and the destinations of all they receive.
type Relay struct {
	cfg     Config
	intakes []*intake
	dests   []*dest
	bad     badLines
	keys    statKeys
	admin   *admin // nil if there are no pages
	health  health

	// Of the lines that have to be aggregated for some destination; nil if
	// there are none.
	fold      *dest
	fan       *fan
	collector *collect.Collector
}

// dest is a destination and what format it takes lines of as they are; none
// for a reporter in this process, which takes all.
type dest struct {
	Destination
	format string
}

// aggregates reports whether d takes lines of f only in aggregate.
func (d *dest) aggregates(f format) bool {
	return f.changes && d.format != "" && d.format != f.name
}

// New checks all addresses and binds the listeners. The error joins all that
// is wrong, each with the flag's value and what to write instead.
func New(cfg Config) (*Relay, error) {
	r := &Relay{cfg: cfg.withDefaults()}
	for _, d := range cfg.Destinations {
		r.dests = append(r.dests, &dest{Destination{r.uniqueName(d.Name), d.Reporter}, ""})
	}
	err := errors.Join(r.checkListen(), r.openForwards(), r.checkAdmin())
	if err == nil {
		err = r.openAdmin()
	}
	if err == nil {
		err = r.listen()
	}
	if err != nil {
		r.abandon()
		return nil, err
	}
	return r, nil
}

// checkListen parses all listeners before any is bound.
func (r *Relay) checkListen() error {
	if len(r.cfg.Listen) == 0 {
		return errors.New("nothing to listen on: give -listen, such as graphite+udp://:2003")
	}
	var errs []error
	for _, addr := range r.cfg.Listen {
		if _, _, err := parse(addr, true); err != nil {
			errs = append(errs, fmt.Errorf("listen: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (r *Relay) openForwards() error {
	if len(r.cfg.Forward)+len(r.cfg.Destinations) == 0 {
		return errors.New("nowhere to forward to: give -forward, such as graphite+tcp://127.0.0.1:2013")
	}
	var errs []error
	for _, addr := range r.cfg.Forward {
		ep, f, err := parse(addr, false)
		if err == nil {
			var p *reporters.Pusher
			if p, err = f.open(ep, reporters.SendOptions{Logger: r.cfg.Logger}); err == nil {
				r.dests = append(r.dests, &dest{Destination{r.uniqueName(ep.String()), p}, f.name})
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("forward: %w", err))
		}
	}
	return errors.Join(errs...)
}

// uniqueName tells destinations apart that are given twice.
func (r *Relay) uniqueName(name string) string {
	unique := name
	for n := 2; r.has(unique); n++ {
		unique = fmt.Sprintf("%s#%d", name, n)
	}
	return unique
}

func (r *Relay) has(name string) bool {
	for _, d := range r.dests {
		if d.Name == name {
			return true
		}
	}
	return false
}

func (r *Relay) listen() error {
	for _, addr := range r.cfg.Listen {
		ep, f, err := parse(addr, true)
		if err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		l, err := listen.Open(ep, listen.Options{RcvBuf: r.cfg.RcvBuf, Logger: r.cfg.Logger})
		if err != nil {
			return err
		}
		r.intakes = append(r.intakes, newIntake(l, f, r, r.destsOf(f)))
	}
	if r.fan != nil {
		o := collect.Options{Interval: r.cfg.Aggregate, Spread: -1, Logger: r.cfg.Logger}
		r.collector = collect.New(r.fold.Reporter.(*aggregate), o, r.fan)
	}
	return nil
}

// destsOf are the destinations that lines of f go to. Those that take them in
// aggregate share one destination, which is made when it is first needed.
func (r *Relay) destsOf(f format) []*dest {
	var direct, others []*dest
	for _, d := range r.dests {
		if d.aggregates(f) {
			others = append(others, d)
		} else {
			direct = append(direct, d)
		}
	}
	if len(others) == 0 {
		return direct
	}
	if r.fan == nil {
		r.fold = &dest{Destination{"aggregate", newAggregate()}, f.name}
		r.fan = &fan{dests: others, log: r.refused}
	}
	return append(direct, r.fold)
}

// refused logs that a destination did not take a batch.
func (r *Relay) refused(d *dest, err error) {
	r.cfg.Logger.Warn("a destination did not take a batch", "destination", d.Name, "err", err)
}

// abandon lets go of what New opened before it failed.
func (r *Relay) abandon() {
	for _, in := range r.intakes {
		in.listener.Close() // an error changes nothing any more
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nothing was sent yet
	for _, d := range r.dests {
		d.Reporter.Close(ctx) // nothing is pending, so nothing can fail
	}
	r.admin.close()
}

// Addrs is what was bound, in the order of Config.Listen.
func (r *Relay) Addrs() []net.Addr {
	var all []net.Addr
	for _, in := range r.intakes {
		all = append(all, in.listener.Addr())
	}
	return all
}

// Run receives and forwards until ctx ends, then drains: it takes in what has
// arrived, delivers for Config.Drain at most, and drops and counts the rest.
// The error is of a listener that broke before; the others went on.
func (r *Relay) Run(ctx context.Context) error {
	defer r.show(ctx)()
	errs := make([]error, len(r.intakes))
	var running sync.WaitGroup
	for i, in := range r.intakes {
		running.Go(func() {
			if errs[i] = in.run(ctx); errs[i] != nil {
				r.cfg.Logger.Error("a listener broke", "err", errs[i])
				r.health.note("a listener broke: " + errs[i].Error())
			}
		})
	}
	running.Wait()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.Drain)
	defer cancel()
	if r.collector != nil {
		if err := r.collector.Close(drain); err != nil {
			r.cfg.Logger.Warn("the aggregate was not sent", "err", err)
		}
	}
	r.closeAll(drain)
	return errors.Join(errs...)
}

// closeAll closes the destinations, all at once, so that one which is away
// does not use up the time of the others.
func (r *Relay) closeAll(ctx context.Context) {
	var closing sync.WaitGroup
	for _, d := range r.dests {
		closing.Go(func() {
			if err := d.Reporter.Close(ctx); err != nil {
				r.cfg.Logger.Warn("a destination did not get all", "destination", d.Name, "err", err)
			}
		})
	}
	closing.Wait()
}
