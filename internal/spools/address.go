package spools

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
)

// An Opener opens the destination of an address, for lines of a format. It
// returns the size of datagrams that suits the transport, or 0 if there are none.
type Opener func(addr, format string) (d Destination, maxDatagram int, err error)

// mask is what package endpoint writes for a credential.
const mask = "xxxxx"

// number matches what a relay adds to the second name of two that are the same.
var number = regexp.MustCompile(`#[0-9]+$`)

// addressOf returns the address that the lines of a spool are sent to.
func addressOf(identity, to string) (string, error) {
	switch {
	case to != "":
		return to, nil
	case identity == "":
		return "", errors.New("nothing in it says where its lines belong; write -to ADDRESS")
	case strings.Contains(identity, mask):
		return "", fmt.Errorf("it belongs to %s, of which it does not have the credentials; write -to with the whole address", identity)
	}
	return number.ReplaceAllString(identity, ""), nil
}

// payloads cuts text, which counts as that many lines, into payloads of at most
// size bytes, or of one line that is longer. Size 0 is no limit. Each payload has
// its share of lines, and the last one the rest.
func payloads(text []byte, lines, size int) iter.Seq2[[]byte, int] {
	return func(yield func([]byte, int) bool) {
		total, seen, counted := max(bytes.Count(text, []byte{'\n'}), 1), 0, 0
		for size > 0 && len(text) > size {
			end := bytes.LastIndexByte(text[:size], '\n') + 1
			if end == 0 {
				end = bytes.IndexByte(text, '\n') + 1
			}
			if end == 0 || end == len(text) {
				break
			}
			seen += bytes.Count(text[:end], []byte{'\n'})
			share := lines*seen/total - counted
			counted += share
			if !yield(text[:end], share) {
				return
			}
			text = text[end:]
		}
		yield(text, lines-counted)
	}
}
