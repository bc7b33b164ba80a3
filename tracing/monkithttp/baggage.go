package monkithttp

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Bounds on the baggage that is read and sent.
const (
	maxBaggage        = 8 << 10 // bytes
	maxBaggageMembers = 64
)

// parseBaggage returns the members with allowed names, without their
// properties. It ignores invalid members and those beyond the bounds.
func parseBaggage(text string, allowed []string) map[string]string {
	if text == "" || len(allowed) == 0 {
		return nil
	}
	if len(text) > maxBaggage {
		text = text[:strings.LastIndexByte(text[:maxBaggage+1], ',')+1]
	}
	members := make(map[string]string)
	for member := range strings.SplitSeq(text, ",") {
		key, value, ok := parseMember(member)
		if ok && slices.Contains(allowed, key) && len(members) < maxBaggageMembers {
			members[key] = value
		}
	}
	return members
}

func parseMember(member string) (key, value string, ok bool) {
	member, _, _ = strings.Cut(member, ";")
	key, value, ok = strings.Cut(member, "=")
	if !ok {
		return "", "", false
	}
	value, err := url.PathUnescape(strings.Trim(value, " \t"))
	return strings.Trim(key, " \t"), strings.ToValidUTF8(value, "\ufffd"), err == nil
}

// formatBaggage returns members as a header, sorted by key. It omits invalid
// keys and members beyond maxBaggage.
func formatBaggage(members map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(members)) {
		member := key + "=" + escapeBaggage(members[key])
		if b.Len() > 0 {
			member = "," + member
		}
		if isToken(key) && b.Len()+len(member) <= maxBaggage {
			b.WriteString(member)
		}
	}
	return b.String()
}

func escapeBaggage(value string) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"%,;\`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isToken reports whether key is a valid key of baggage.
func isToken(key string) bool {
	return key != "" && strings.IndexFunc(key, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) < 0
}
