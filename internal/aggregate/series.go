package aggregate

import (
	"strings"
	"unsafe"

	"monkit.example/monkit"
	"monkit.example/reporters"
	"monkit.example/reporters/ledger"
)

// MaxName is how many bytes the name and the tags of a series may have, with one
// before and after each key of a tag.
const MaxName = 1024

// series is what was added up for one name and its tags.
type series struct {
	name    string // of appendName
	key     monkit.SeriesKey
	owner   *account
	value   float64 // of a counter or a gauge
	dist    *dist   // of samples, or nil
	set     *set    // of members, or nil
	waiting int64   // lines that were added since the last walk
	last    int64   // time of the last line, or up to touchEvery before it
	cost    int64   // bytes that were taken from the account when it was made
	deleted bool

	newer, older *series // in the account
}

// role distinguishes the kinds of series that may share a name.
type role byte

const (
	counterRole role = 'c'
	gaugeRole   role = 'g'
	distRole    role = 'h'
	setRole     role = 's'
)

func roleOf(k reporters.Kind) role {
	switch k {
	case reporters.CounterDelta, reporters.Counter:
		return counterRole
	case reporters.Sample:
		return distRole
	case reporters.SetMember:
		return setRole
	}
	return gaugeRole
}

// rival returns the role whose series has a field of the same name, or zero.
func (r role) rival() role {
	switch r {
	case distRole:
		return setRole
	case setRole:
		return distRole
	}
	return 0
}

// appendName appends what identifies a series: its role, its measurement and its
// tags.
func appendName(dst []byte, r role, key monkit.SeriesKey) []byte {
	dst = append(append(dst, byte(r)), key.Measurement...)
	for i := range key.Tags.Len() {
		tag := key.Tags.At(i)
		dst = append(append(append(append(dst, 0), tag.Key...), 0), tag.Val...)
	}
	return dst
}

// keyIn returns a copy of key whose text is in name, which appendName has made of it.
func keyIn(name string, key monkit.SeriesKey) monkit.SeriesKey {
	end := 1 + len(key.Measurement)
	copied := monkit.SeriesKey{Measurement: name[1:end]}
	if key.Tags.Len() == 0 {
		return copied
	}
	tags := make([]monkit.SeriesTag, key.Tags.Len())
	for i := range tags {
		tag := key.Tags.At(i)
		val := end + 1 + len(tag.Key) + 1
		tags[i] = monkit.SeriesTag{Key: name[end+1 : val-1], Val: name[val : val+len(tag.Val)]}
		end = val + len(tag.Val)
	}
	return copied.WithTags(tags...)
}

// newSeries returns a series for points like p. It shares no memory with p.
func newSeries(name string, p *reporters.Point, owner *account) *series {
	s := &series{name: name, key: keyIn(name, p.Key), owner: owner}
	switch roleOf(p.Kind) {
	case distRole:
		s.dist = new(dist)
	case setRole:
		s.set = new(set)
	}
	return s
}

// What a series costs besides its text, in bytes. The indexes are the map and the
// order of the Aggregate, with the room that they keep. The rest is remembered
// elsewhere: by the collector, of the series and of each field; by an encoder; and by
// one that remembers each field. Package relay has a test that compares them with
// what the process uses.
const (
	indexBytes          = 96
	tagsBytes           = 48
	tagBytes            = int64(unsafe.Sizeof(monkit.SeriesTag{}))
	distBytes           = int64(unsafe.Sizeof(dist{})) + 2*minBuckets*bucketBytes + 24
	collectedBytes      = 104
	collectedFieldBytes = 48
	encodedBytes        = 80
	encodedFieldBytes   = 224
	encodedTagBytes     = 64
	contestBytes        = 1280 // for two series that an encoder writes under one name
	contestFieldBytes   = 192
)

// fields returns how many fields a series of the role has.
func (r role) fields() int64 {
	if r == distRole {
		return int64(len(quantileFields)) + 8
	}
	return 1
}

// cost returns how many bytes a series with a name of appendName and so many
// tags takes, in the Aggregate and elsewhere.
func (a *Aggregate) cost(name []byte, tagCount int) int64 {
	r, text, tags := role(name[0]), int64(len(name)), int64(tagCount)
	n := int64(unsafe.Sizeof(series{})) + text + text/8 + indexBytes // allocations are rounded up
	if tags > 0 {
		n += tagsBytes + tags*tagBytes
	}
	switch r {
	case distRole:
		n += distBytes
	case setRole:
		n += int64(unsafe.Sizeof(set{}))
	}
	n += collectedBytes + r.fields()*collectedFieldBytes
	if mayBeContested(name) {
		n += int64(a.opts.Reporters) * (contestBytes + r.fields()*contestFieldBytes)
	}
	text += grown(name)
	n += int64(a.opts.Reporters) * (text + encodedBytes)
	return n + int64(a.opts.FieldReporters)*r.fields()*(text*7/4+encodedFieldBytes+tags*encodedTagBytes)
}

// mayBeContested reports whether a name of appendName has characters that an encoder
// may replace: another name may be written alike then. One with tags may also be written
// as one without, which is not counted, since most never are.
func mayBeContested(name []byte) bool {
	for _, c := range name {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c < 0x80 && c != 0 && strings.IndexByte("._-", c) < 0 {
			return true
		}
	}
	return false
}

// hashBytes is by how much a part of a name that is not ASCII may grow: see package
// dotted.
const hashBytes = 9

// grown returns how many bytes an encoder may add to a name of appendName: a hash to
// each part beyond ASCII, and what escapes characters.
func grown(name []byte) (n int64) {
	beyond := false // ASCII, in this part
	for _, c := range name {
		switch {
		case c == 0 || c == '.':
			beyond = false
		case c >= 0x80:
			if !beyond {
				n += hashBytes
			}
			beyond = true
		case c < ' ':
			n += int64(len(`\u0000`)) - 1
		case strings.IndexByte(`"\,= `, c) >= 0:
			n++
		}
	}
	return n
}

// taken returns what the series has taken from its account since it was made.
func (s *series) taken() int64 {
	switch {
	case s.dist != nil:
		return s.dist.taken()
	case s.set != nil:
		return s.set.taken()
	}
	return 0
}

// add adds p, which is no member of a set, or returns why it cannot.
func (s *series) add(in *arrived, p *reporters.Point) ledger.Reason {
	v := p.Value
	switch p.Kind {
	case reporters.CounterDelta, reporters.GaugeDelta:
		v += s.value
	case reporters.Sample:
		if !s.dist.observe(v, p.Weight(), in.now, s.owner) {
			return ledger.NotFinite
		}
		return ""
	}
	if !finite(v) {
		return ledger.NotFinite
	}
	s.value = v
	return ""
}

// addMember adds the hash of a member of a set, or returns why it cannot.
func (s *series) addMember(hash uint64) ledger.Reason {
	if !s.set.add(hash, s.owner) {
		return ledger.SeriesLimit
	}
	return ""
}
