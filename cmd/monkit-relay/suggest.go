package main

import (
	"slices"
	"strings"
)

// maxEdits is how many letters of a word may be wrong for a suggestion.
const maxEdits = 2

// suggestions returns the words that are most similar to s, in order: those with
// the fewest edits, which are at most maxEdits and at most half of the letters.
// Case does not matter. Without any, it returns the only word that begins with s.
func suggestions(s string, words []string) []string {
	var best []string
	least := maxEdits
	for _, w := range words {
		n := edits(strings.ToLower(s), strings.ToLower(w))
		if n > least || 2*n > max(len(s), len(w)) {
			continue
		}
		if n < least {
			best, least = nil, n
		}
		best = append(best, w)
	}
	if best == nil && len(s) > maxEdits {
		best = beginningWith(strings.ToLower(s), words)
		if len(best) > 1 {
			return nil
		}
	}
	slices.Sort(best)
	return best
}

// beginningWith returns the words that begin with prefix.
func beginningWith(prefix string, words []string) (all []string) {
	for _, w := range words {
		if strings.HasPrefix(strings.ToLower(w), prefix) {
			all = append(all, w)
		}
	}
	return all
}

// didYouMean returns ": did you mean A or B? See HELP" for a word that is similar to
// some of words, each of which is printed behind prefix. Without any it returns
// otherwise.
func didYouMean(s, prefix string, words []string, help, otherwise string) string {
	similar := suggestions(s, words)
	if len(similar) == 0 {
		return otherwise
	}
	for i := range similar {
		similar[i] = prefix + similar[i]
	}
	return ": did you mean " + strings.Join(similar, " or ") + "? See " + help
}

// edits returns how many letters must be inserted, deleted, replaced or swapped
// with the next one to turn a into b: the distance of Damerau and Levenshtein in
// its variant of optimal string alignment, which edits no letter twice.
func edits(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) > maxEdits || len(t)-len(s) > maxEdits {
		return maxEdits + 1 // a long argument costs no time
	}
	var before, last []int // rows i-2 and i-1
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(s); i++ {
		before, last, row = last, row, make([]int, len(t)+1)
		row[0] = i
		for j := 1; j <= len(t); j++ {
			replace := last[j-1]
			if s[i-1] != t[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(t)]
}
