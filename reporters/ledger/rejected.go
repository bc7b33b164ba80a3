package ledger

import "time"

// BadReading is the Reason of a RejectedLine of which only a reading was rejected: the
// line was accepted for its other readings. It is none of the reasons by which lines are
// counted: such readings have a count of their own, bad_readings.
const BadReading Reason = "bad_reading"

// RejectedLine is a line that a listener, or the server of a destination, rejected,
// or that a destination did not get because of what it is, for a person to look at. If the server did not say which of several lines it
// rejected, it stands for all of them.
type RejectedLine struct {
	At time.Time

	// One of these is the name of what rejected the line.
	Listener    string
	Destination string

	Reason Reason
	Lines  int    // for how many lines of the ledger it stands
	Text   string // the line, which may be cut; empty if it is not known
	Err    string // what is wrong, in the words of the listener or the server
}
