package cmd

import (
	"slices"
	"strings"
)

// suggest returns the candidate that word was most likely meant to be, "" if
// none is close: one typing error in short words, two in words of five letters
// or more, or a beginning of at least three letters that only one candidate has.
func suggest(word string, candidates []string) string {
	if word == "" {
		return ""
	}
	word = strings.ToLower(word)
	best, least := "", allowed(word)+1
	for _, c := range candidates {
		if d := distance(word, strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	var begin []string
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), word) {
			begin = append(begin, c)
		}
	}
	if len(begin) == 1 {
		return begin[0]
	}
	return ""
}

func allowed(word string) int {
	switch n := len([]rune(word)); {
	case n < 2:
		return 0
	case n < 5:
		return 1
	}
	return 2
}

// distance is the number of letters inserted, dropped, replaced or swapped with
// their neighbour to get from a to b (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	var before []int
	last := make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := range s {
		row := make([]int, len(t)+1)
		row[0] = i + 1
		for j := range t {
			change := last[j]
			if s[i] != t[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(t)]
}

// didYouMean is the hint for a misspelt word, or a list of what there is if
// nothing is close.
func didYouMean(word string, candidates []string) string {
	if s := suggest(word, candidates); s != "" {
		return "did you mean " + s + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	all := slices.Clone(candidates)
	slices.Sort(all)
	return "there is " + strings.Join(slices.Compact(all), ", ")
}
