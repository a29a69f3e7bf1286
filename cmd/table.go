package cmd

import (
	"io"
	"strings"
)

// A cell is a value in its two forms. Both are printed as they are: clean what
// others wrote.
type cell struct {
	human, plain string
	paint        paint
	fit          fit
}

// A fit says what becomes of a cell that its column is too narrow for.
type fit int

const (
	fitStart fit = iota // its beginning is shown
	fitEnd              // its end is
	fitWrap             // all of it, in several lines
	fitNever            // its column does not give way
)

// lines are what the cell shows in a column of that width.
func (c cell) lines(columns int) []string {
	switch c.fit {
	case fitWrap:
		return wrap(c.human, columns)
	case fitEnd:
		return []string{cutFront(c.human, columns)}
	}
	return []string{cut(c.human, columns)}
}

func same(s string) cell { return cell{human: clean(s), plain: clean(s)} }

// wrapped is a cell that is shown whole.
func wrapped(s string) cell { return cell{human: clean(s), plain: clean(s), fit: fitWrap} }

// table prints rows, on a terminal under a header.
func (p *printer) table(header []string, rows [][]cell) error {
	var b strings.Builder
	if p.tty {
		head := make([]cell, len(header))
		for i, h := range header {
			head[i] = cell{human: h, paint: faint}
		}
		rows = append([][]cell{head}, rows...)
		width := p.columns(rows)
		for _, row := range rows {
			p.row(&b, row, width)
		}
	} else {
		for _, row := range rows {
			for i, c := range row {
				if i > 0 {
					b.WriteByte('\t')
				}
				b.WriteString(p.style.in(c.paint, c.plain))
			}
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(p.w, b.String())
	return err
}

const (
	gap       = 2  // between columns
	narrowest = 10 // what a column keeps
)

// columns is how wide each column is. Those that are too wide for the terminal
// give way, the widest first.
func (p *printer) columns(rows [][]cell) []int {
	width := make([]int, len(rows[0]))
	firm := make([]bool, len(width))
	for _, row := range rows {
		for i, c := range row {
			width[i] = max(width[i], columnsIn(c.human))
			firm[i] = firm[i] || c.fit == fitNever
		}
	}
	room := 0
	if p.width != nil {
		room = p.width()
	}
	if room == 0 {
		return width
	}
	total := gap * (len(width) - 1)
	for _, w := range width {
		total += w
	}
	for ; total > room; total-- {
		widest := -1
		for i, w := range width {
			if !firm[i] && w > narrowest && (widest < 0 || w > width[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		width[widest]--
	}
	return width
}

// row prints one row, of as many lines as its highest cell needs.
func (p *printer) row(b *strings.Builder, row []cell, width []int) {
	cells := make([][]string, len(row))
	height := 1
	for i, c := range row {
		cells[i] = c.lines(width[i])
		height = max(height, len(cells[i]))
	}
	for n := range height {
		spaces := 0
		for i, c := range row {
			text := ""
			if n < len(cells[i]) {
				text = cells[i][n]
			}
			if text != "" {
				b.WriteString(strings.Repeat(" ", spaces) + p.style.in(c.paint, text))
				spaces = 0
			}
			spaces += width[i] - columnsIn(text) + gap
		}
		b.WriteByte('\n')
	}
}
