package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

const (
	barHeight, barLeft, barWide, barText = 16, 130, 420, 110
)

// svg draws a group of bars for every figure. Each is scaled by itself, on a
// logarithmic axis: peers differ by factors of a thousand.
func (r *report) svg() string {
	var b strings.Builder
	y := 24
	for _, w := range r.workloads {
		for _, f := range w.Figures {
			low, high := math.Inf(1), 0.0
			for _, e := range r.Entries {
				if v, ok := r.of(w.Name, e.Name).median(f.Name); ok && v > 0 {
					low, high = min(low, v), max(high, v)
				}
			}
			better := "shorter is better"
			if f.More {
				better = "longer is better"
			}
			fmt.Fprintf(&b, `<text x="4" y="%d" font-weight="bold">%s</text>`+"\n", y,
				html.EscapeString(fmt.Sprintf("%s %s: %s, %s (%s, logarithmic)", w.Name, w.Title, f.Name, f.Unit, better)))
			for _, e := range r.Entries {
				y += barHeight + 4
				v, ok := r.of(w.Name, e.Name).median(f.Name)
				b.WriteString(bar(y, e.Name, v, ok, low, high))
			}
			y += 2 * barHeight
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
<rect width="100%%" height="100%%" fill="white"/>
%s</svg>
`, barLeft+barWide+barText, y, b.String())
}

func bar(y int, name string, v float64, ok bool, low, high float64) string {
	wide, text, color := 0.0, "–", "#9aa5b1"
	if ok {
		text = figure(v)
	}
	if v > 0 {
		wide = barWide
		if high > low { // the shortest bar is a tenth of the longest
			wide *= 0.1 + 0.9*math.Log(v/low)/math.Log(high/low)
		}
	}
	if name == "durable" {
		color = "#2563eb"
	}
	return fmt.Sprintf(`<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/><text x="%.0f" y="%d">%s</text>`+"\n",
		barLeft-6, y, html.EscapeString(name), barLeft, y-12, wide, barHeight, color, barLeft+wide+6, y, text)
}
