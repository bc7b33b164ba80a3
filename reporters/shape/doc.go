// Package shape decides what one reporter gets of each batch, and under which
// names. It goes between a collector and a reporter, so that each destination
// has its own shape:
//
//	collect.Every(10*time.Second,
//		graphite.New("127.0.0.1:2003"), // gets everything
//		shape.New(statsd.New("127.0.0.1:8125"),
//			shape.Allow("function*", "http_*"),
//			shape.WithoutFields("r9*"),
//			shape.Tag("region", "eu")))
//
// Each point passes the steps in their order. A step sees the names that the
// steps before it made.
//
//	Allow, Deny            points that match a pattern, or do not
//	Fields, WithoutFields  fields by name
//	Rename, Prefix         the measurement
//	RenameField            the field
//	Tag, DefaultTag        adds a tag
//	RenameTag, WithoutTags changes or removes tags
//	Delta                  counters by what they grew by
//
// In the terms of others, Allow, Deny and Fields are namepass, namedrop, tagpass
// and fieldinclude of Telegraf; they and the rest are the actions keep, drop,
// replace and labeldrop of Prometheus' relabeling.
//
// All names are those of the series, before a format writes them: what Graphite
// shows as app.function.Play.total is the measurement function with the tags
// scope=app and name=Play, and the field total. The page /stats of package
// present lists them.
//
// # Patterns
//
// A pattern is a measurement, tags and a field, written as a series is:
//
//	pattern = text { "," key ( "=" | "!=" ) [ text ] } [ " " text ] .
//	text    = glob | "/" regexp "/" .
//
// What a pattern leaves out may be anything. What it has must match as a whole.
//
//	function                   all fields of all series of the measurement function
//	function* total            the field total of measurements that begin with function
//	* r99?                     a field of any series
//	function,scope=app/*       series with a tag
//	function,scope!=app/*      series without that value of the tag, or without the tag
//	disk,device=               series without the tag device; device!= is with it
//	/disk_[0-9]+/ /r\d+/       regular expressions, in the syntax of package regexp
//
// In a glob these characters have a meaning:
//
//	?        one character
//	*        any text, with dots and slashes, or none
//	[a-f_]   one of these characters
//	[!a-f_]  one other character; [^a-f_] is the same
//	{a,b*}   one of these globs
//	\x       the character x itself: \, and \* and "\ " and \\
//
// [Quote] escapes a text. A wrong pattern is an error of [Open]; a reporter of
// [New] returns it from each report, and passes nothing on.
//
// # Renaming
//
// The replacement may refer to what a wildcard of the glob or a group of the
// regular expression matched, by its number, or by its name in a regular
// expression: $1, ${1} or ${name}. A dollar is $$. A point whose measurement or
// field is empty after that, or longer than 4 KiB, is misnamed: it is counted
// and not reported.
//
// If renaming gives two series one name, only the first is reported, since a
// destination would mix up their values. The points of the other one are counted
// as collided and their names logged. It takes the name over when the first has
// not been reported for five minutes.
//
// # Counts
//
// Points that are not passed on are no losses of the destination, and not in its
// ledger. They are counted by the reporter's own series shape, with the tag
// reporter, where
//
//	points = passed_points + denied_points + collided_points + misnamed_points + failed_points
//
// Failed are the points of a reporter with a wrong step. The series are part of
// the next batch, and pass the steps as all others do: Allow must allow "shape",
// and "collect*" and "send" for the health of what sends, if the destination is to
// have them.
//
// # Lines that were received
//
// A received line is passed on as the bytes that it was if no step changes it.
// Else it is encoded again from its points, and loses what is not in these, such
// as the strings of an Influx line: rebuilt_lines counts those lines. A line with
// none of its points left is not passed on (denied_lines). A line that has no
// points, such as an event of DogStatsD, is passed on unless there is an Allow or
// Fields, which name what is allowed.
//
// To steps a member of a StatsD set is a point of its series without a field, as
// other readings of StatsD are. RenameField does not change it.
package shape
