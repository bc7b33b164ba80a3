// Package prometheus serves metrics to Prometheus, and to every other program
// that scrapes its text format or OpenMetrics. Start with [New]:
//
//	http.Handle("/metrics", prometheus.New(monkit.Default))
//
// The pages of package present and of the relay have it at /metrics.
//
// Each request walks the registry once. The client chooses the format by its
// Accept header: Prometheus' text format 0.0.4 or OpenMetrics 1.0.0. The query
// format=text or format=openmetrics overrides that. Both formats have the same
// samples, so that the server stores the same series whichever it asks for.
// Samples have no times: the server takes the time of its scrape.
//
// An [Encoder] writes a batch of a collector as such a page, for programs that
// bring it elsewhere, such as to a file for node_exporter.
//
// # Names and types
//
// A series and a field are written as prefix_measurement_field{tag="value"}:
//
//	counter     the name ends in _total: function_errors_total
//	gauge       every other field: function_current
//	summary     of a measurement with the fields count and sum, as IntVal, Timer
//	            and the times of functions have: function_times_count,
//	            function_times_sum, and function_times{quantile="0.99"} for r99;
//	            rmin and rmax are the quantiles 0 and 1, and the other fields,
//	            such as max, are gauges
//
// Quantiles are those of the last minute or two. A count of 0 without a sum is
// taken for that of a distribution that has no values yet.
//
// The type is untyped, in OpenMetrics unknown, where the format forbids the
// right one: for counters, sums and quantiles that are negative or NaN, for
// samples of one name that are of different kinds, and where two families
// would share a name, as a counter a_total and a gauge a do in OpenMetrics.
// Names and values of samples never depend on that.
//
// Characters other than ASCII letters, digits and underscores become "_" in
// names; HELP has the original name. A tag without a value, which Prometheus takes
// for no label, gets the value "true". The values of tags that become one label are
// joined by ";". Counters that become the same sample are added up, and so are the
// counts and sums of summaries. Of other series that become the same sample one is
// written, the first by measurement, field, and tags. The others are counted
// (see [Count]). A server adds the labels job and instance; it renames tags of
// these names to exported_job and exported_instance.
//
// # The page
//
// Families are sorted by name, their series by labels. All of this is written:
//
//	page    = { family } [ "# EOF" LF ] .               (* EOF in OpenMetrics *)
//	family  = help type sample { sample } .             (* type before help in OpenMetrics *)
//	help    = "# HELP " name " " text LF .
//	type    = "# TYPE " name " " ( "counter" | "gauge" | "summary" | "untyped" | "unknown" ) LF .
//	sample  = name [ "{" label { "," label } "}" ] " " value LF .
//	label   = key "=" '"' text '"' .                    (* "\", '"' and LF escaped *)
//	value   = decimal number | "NaN" | "+Inf" | "-Inf" .
package prometheus
