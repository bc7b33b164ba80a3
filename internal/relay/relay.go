package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"monkit.example/collect"
	"monkit.example/internal/aggregate"
	"monkit.example/internal/endpoint"
	"monkit.example/internal/listen"
	"monkit.example/internal/loglimit"
	"monkit.example/internal/naming"
	"monkit.example/internal/safelog"
	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// Config configures a Relay. It needs at least one listener and one destination.
type Config struct {
	// Listen are addresses such as "graphite+udp://:2003".
	Listen []string
	// Forward are addresses such as "influx+http://host:8086/write?db=x".
	Forward []string
	// Destinations are reporters in this process that get all lines too. The
	// relay closes them.
	Destinations []Destination
	// Aggregate is how often the series that were aggregated from statsd lines
	// are sent to destinations of other formats. Zero means 10 s.
	Aggregate time.Duration
	// AggregateBytes bounds the memory of these series. Each listener of statsd
	// lines has an equal share. Zero means 256 MiB.
	AggregateBytes int64
	// Drain is for how long Run may deliver after its context has ended. Zero
	// means 5 s. Then what is left is written to the Spool, if there is one, which
	// takes up to 3 s if the disk hangs.
	Drain time.Duration
	// RcvBuf is the size of the kernel's buffer for datagrams in bytes. Zero
	// means 8 MiB.
	RcvBuf int
	// Queue is how many bytes of lines may wait in memory for each destination.
	// Zero means a share of Memory.
	Queue int
	// MaxAge is how long lines may wait. Zero means ten minutes, or a year with
	// a Spool. Lines for statsd wait for a minute at most.
	MaxAge time.Duration
	// Spool is a folder in which lines wait that cannot be sent soon, for each
	// destination but those of statsd. They survive the end of the process.
	// Empty means that lines wait in memory.
	Spool string
	// SpoolBytes bounds the files of each destination. Zero means 1 GiB.
	SpoolBytes int64
	// Memory is how many bytes the listeners and the destinations divide among
	// them. Zero means 64 MiB, or more if they are many.
	Memory int64
	// ListenerBook returns the book that counts the lines of a listener, by the
	// listener's address without options and credentials; one in a file survives a crash.
	// The relay closes it. Nil means books in the spool, or in memory without
	// one.
	ListenerBook func(listener string) *ledger.ListenerBook
	// HTTP is the address of the admin pages, such as "127.0.0.1:9125". An
	// address without a host is for this machine only. Empty means no pages.
	HTTP string
	// Registry gets the relay's own series while it runs. Its pages are among
	// the admin pages. It may be nil.
	Registry *monkit.Registry
	// Logger logs failures and recoveries. Nil discards.
	Logger *slog.Logger
	// LostLogs returns how many lines of Logger could not be written, for the
	// pages and the series relay_log. Nil means that it is not known.
	LostLogs func() int64
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
	if c.AggregateBytes <= 0 {
		c.AggregateBytes = aggregate.DefaultBytes
	}
	if c.Drain <= 0 {
		c.Drain = 5 * time.Second
	}
	if c.SpoolBytes <= 0 {
		c.SpoolBytes = 1 << 30
	}
	if c.Logger = safelog.Wrap(c.Logger); c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Relay is a set of listeners, and the destinations of the lines that they
// receive. Its fields do not change after New, except keys, rejected, hints and
// health, which have locks of their own.
type Relay struct {
	cfg          Config
	bounds       bounds
	listeners    []listenAddress     // those of Config.Listen that are right
	forwards     []endpoint.Endpoint // those of Config.Forward that are right
	receivers    []*receiver
	destinations []*destination
	admin        *admin // nil if there are no pages

	// These are nil unless a destination needs aggregated lines.
	aggregate *destination // its Reporter is series
	series    *aggregate.Aggregate
	fanOut    *fanOut
	collector *collect.Collector

	keys     statKeys
	rejected rejections
	hints    hints
	health   health
}

// destination is a Destination and the format of its lines, which is empty for a
// reporter in this process: it accepts points of every format.
type destination struct {
	Destination
	format string
	before int64 // lines that it had accepted before this run; a spool keeps the count

	rejected destinationRejections
	watch    watch
	failures failureLog
}

// needsAggregate reports whether lines of f must be aggregated for d.
func (d *destination) needsAggregate(f format) bool {
	return f.reportsChanges && d.format != "" && d.format != f.name
}

// New checks all addresses and binds the listeners. Its error joins the errors of
// all addresses. Each quotes the address and says what to write instead.
func New(cfg Config) (*Relay, error) {
	r := &Relay{cfg: cfg.withDefaults()}
	for _, d := range cfg.Destinations {
		r.addDestination(d, "")
	}
	var err error
	r.bounds, err = r.cfg.bounds(len(r.cfg.Listen), len(r.cfg.Forward))
	err = errors.Join(err, r.checkListen(), r.openForwards(), r.checkAdmin(), r.checkLoops())
	if err == nil {
		err = r.openAdmin()
	}
	if err == nil {
		err = r.listen()
	}
	if err != nil {
		r.closeUnused()
		return nil, err
	}
	return r, nil
}

// checkListen parses the addresses of all listeners.
func (r *Relay) checkListen() error {
	if len(r.cfg.Listen) == 0 {
		return errors.New("nothing to listen on: give -listen, such as graphite+udp://:2003")
	}
	var errs []error
	for _, addr := range r.cfg.Listen {
		a, err := parseListener(addr)
		if err != nil {
			errs = append(errs, fmt.Errorf("listen: %w", err))
			continue
		}
		r.listeners = append(r.listeners, a)
	}
	return errors.Join(errs...)
}

func (r *Relay) openForwards() error {
	if len(r.cfg.Forward)+len(r.cfg.Destinations) == 0 {
		return errors.New("nowhere to forward to: give -forward, such as graphite+tcp://127.0.0.1:2013")
	}
	var errs []error
	for _, addr := range r.cfg.Forward {
		ep, err := parseForward(addr)
		if err != nil {
			errs = append(errs, fmt.Errorf("forward: %w", err))
			continue
		}
		r.forwards = append(r.forwards, ep)
		p, err := formatOf(ep.Format).open(addr, r.sendOptions())
		if err != nil {
			errs = append(errs, fmt.Errorf("forward: %w", err))
			continue
		}
		r.addDestination(Destination{p.Name(), p}, ep.Format)
	}
	return errors.Join(errs...)
}

// sendOptions returns how each destination is sent to.
func (r *Relay) sendOptions() reporters.SendOptions {
	return reporters.SendOptions{
		MaxBytes: r.bounds.queue, MaxAge: r.cfg.MaxAge, Spool: r.cfg.Spool, SpoolBytes: r.cfg.SpoolBytes, Logger: r.cfg.Logger,
	}
}

// addDestination adds d, with a number behind its name if that is taken.
func (r *Relay) addDestination(d Destination, format string) {
	d.Name = naming.Unique(d.Name, r.hasDestination)
	added := &destination{Destination: d, format: format, before: acceptedBy(d)}
	added.rejected.start(added)
	r.destinations = append(r.destinations, added)
}

func (r *Relay) hasDestination(name string) bool {
	return slices.ContainsFunc(r.destinations, func(d *destination) bool { return d.Name == name })
}

func (r *Relay) hasListener(name string) bool {
	return slices.ContainsFunc(r.receivers, func(rec *receiver) bool { return rec.listener.Name() == name })
}

func (r *Relay) listen() error {
	maxConns := maxConnsOf(r.listeners)
	r.openAggregate()
	for _, a := range r.listeners {
		destinations := r.destinationsOf(a.format)
		name := naming.Unique(a.Name(), r.hasListener)
		o := listen.Options{
			Name: name, RcvBuf: r.cfg.RcvBuf, RingBytes: r.bounds.ring, Logger: r.cfg.Logger,
			MaxLine: a.format.maxLine, MaxConns: maxConns,
			Direct: all(destinations, (*destination).isPrompt), OnRejected: r.rejected.of(name).addListen,
		}
		if a.format.newLines != nil {
			o.Lines = a.format.newLines()
		}
		o.Book = r.openBook(name, a.String())
		l, err := listen.Open(a.Endpoint, o)
		if err != nil {
			return errors.Join(r.explainTaken(a.Endpoint, err), closeBook(o.Book))
		}
		r.receivers = append(r.receivers, newReceiver(l, a, r, destinations))
	}
	r.collectAggregate()
	return nil
}

// destinationsOf returns the destinations of lines of f. The aggregate stands in for
// those that need aggregated lines.
func (r *Relay) destinationsOf(f format) []*destination {
	var direct []*destination
	for _, d := range r.destinations {
		if !d.needsAggregate(f) {
			direct = append(direct, d)
		}
	}
	if len(direct) < len(r.destinations) {
		direct = append(direct, r.aggregate)
	}
	return direct
}

// failureLog limits records of one destination.
type failureLog struct {
	mu    sync.Mutex
	limit loglimit.Limit // guarded by mu
}

// allow reports whether to log a failure at now, and how many were left out.
func (f *failureLog) allow(now time.Time) (more int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limit.Allow(now)
}

// logFailure logs that reporting a batch to d returned err, at most once a minute.
func (r *Relay) logFailure(d *destination, err error) {
	if more, ok := d.failures.allow(time.Now()); ok {
		r.cfg.Logger.Warn("reporting to a destination failed", "destination", d.Name, "err", err, "left_out", more)
	}
}

// closeUnused closes everything that New has opened.
func (r *Relay) closeUnused() {
	for _, rec := range r.receivers {
		rec.listener.Close()           // nothing was received, so an error loses nothing
		closeBook(rec.listener.Book()) // nothing was counted
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // nothing is pending
	for _, d := range r.destinations {
		d.Reporter.Close(ctx) // nothing was sent, so an error loses nothing
	}
	r.admin.close()
}

// Names returns the names of the listeners, in the order of Config.Listen.
func (r *Relay) Names() (all []string) {
	for _, rec := range r.receivers {
		all = append(all, rec.listener.Name())
	}
	return all
}

// Addrs returns the addresses of the listeners, in the order of Config.Listen.
func (r *Relay) Addrs() []net.Addr {
	var all []net.Addr
	for _, rec := range r.receivers {
		all = append(all, rec.listener.Addr())
	}
	return all
}

// Run receives and forwards until ctx ends. Then it drains: it reads what has
// arrived, delivers for at most Config.Drain, and keeps the rest in Config.Spool,
// or drops and counts it. A listener that fails does not stop the others; Run returns the errors of all
// that failed.
func (r *Relay) Run(ctx context.Context) error {
	defer r.publish(ctx)()
	defer r.watchDestinations()()
	errs := make([]error, len(r.receivers))
	var running sync.WaitGroup
	r.health.start()
	for i, rec := range r.receivers {
		running.Go(func() {
			if errs[i] = rec.run(ctx); errs[i] != nil {
				r.cfg.Logger.Error("a listener failed", "err", errs[i])
				r.health.add("a listener failed: " + errs[i].Error())
			}
		})
	}
	running.Wait()
	r.closeBooks()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.Drain)
	defer cancel()
	r.closeAggregate(drain)
	r.closeAll(drain)
	return errors.Join(errs...)
}

// closeAll closes the destinations at the same time, so that one that is
// unavailable does not use up the time of the others.
func (r *Relay) closeAll(ctx context.Context) {
	var closing sync.WaitGroup
	for _, d := range r.destinations {
		closing.Go(func() {
			if err := d.Reporter.Close(ctx); err != nil {
				r.cfg.Logger.Warn("closing a destination failed", "destination", d.Name, "err", err)
			}
		})
	}
	closing.Wait()
}
