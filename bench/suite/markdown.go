package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// markdown is the report as text: a table, and what there is to say about it.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n    %s\n\nRounds: %d, medians; in brackets, how many times better durable is.\n\n", r.Machine, r.Command, r.Rounds)
	b.WriteString("| | |")
	for _, e := range r.Entries {
		fmt.Fprintf(&b, " %s |", e.Name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---:|", len(r.Entries)) + "\n")
	for _, w := range r.workloads {
		for _, f := range w.Figures {
			fmt.Fprintf(&b, "| %s | %s, %s |", w.Name, f.Name, f.Unit)
			for _, e := range r.Entries {
				cell := "–"
				if v, ok := r.of(w.Name, e.Name).median(f.Name); ok {
					cell = figure(v)
				}
				if ratio, ok := r.ratio(w, f, e.Name); ok && e.Name != "durable" {
					cell += " (" + figure(ratio) + ")"
				}
				fmt.Fprintf(&b, " %s |", cell)
			}
			b.WriteByte('\n')
		}
	}
	b.WriteByte('\n')
	for _, w := range r.workloads {
		fmt.Fprintf(&b, "- **%s**, %s.%s\n", w.Name, w.Title, r.remarks(w.Name))
	}
	b.WriteByte('\n')
	for _, e := range r.Entries {
		if e.Failed == "" {
			fmt.Fprintf(&b, "- **%s**, %s: %s.\n", e.Name, e.Version, e.Durable)
		} else {
			fmt.Fprintf(&b, "- **%s**: %s.\n", e.Name, e.Failed)
		}
	}
	return b.String()
}

// remarks are the reasons for dashes, each with the peers that gave it.
func (r *report) remarks(workload string) string {
	var reasons []string
	peers := map[string][]string{}
	for _, e := range r.Entries {
		o := r.of(workload, e.Name)
		for _, why := range []string{o.None, o.Failed} {
			if why == "" || e.Failed != "" { // the latter is said of the peer
				continue
			}
			if peers[why] == nil {
				reasons = append(reasons, why)
			}
			peers[why] = append(peers[why], e.Name)
		}
	}
	var b strings.Builder
	for _, why := range reasons {
		fmt.Fprintf(&b, " %s: %s.", strings.Join(peers[why], ", "), strings.TrimSuffix(strings.Join(strings.Fields(why), " "), "."))
	}
	return b.String()
}

// figure has three digits that count.
func figure(v float64) string {
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	switch {
	case v == 0:
		return "0"
	case digits <= 0:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	}
	text := strconv.FormatFloat(v, 'f', min(digits, 3), 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
