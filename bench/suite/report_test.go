package main

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/bench/suite/port"
)

func sample(t *testing.T) *report {
	t.Helper()
	w := port.Workload{Name: "W0", Title: "a thing", Figures: []port.Figure{{Name: "time", Unit: "ms"}, {Name: "rate", Unit: "1/s", More: true}}}
	r := &report{Machine: "a machine", Command: "bench", Rounds: 3}
	r.begin([]port.Workload{w}, []entry{
		{Description: port.Description{Name: "durable", Version: "1", Durable: "yes"}},
		{Description: port.Description{Name: "p<1", Version: "2", Durable: "yes"}},
		{Description: port.Description{Name: "q", Version: "3", Durable: "yes"}},
	})
	for _, time := range []float64{3, 1, 2} {
		r.add(w, "durable", map[string]float64{"time": time, "rate": 12_000}, nil)
	}
	r.add(w, "p<1", map[string]float64{"time": 5, "rate": 3000}, nil)
	r.add(w, "p<1", map[string]float64{"time": 9}, errors.New("gave up"))
	r.add(w, "q", nil, port.NotOffered("q has no things"))
	return r
}

func TestReport(t *testing.T) {
	text := sample(t).markdown()
	require.Contains(t, text, "| W0 | time, ms | 2 | 7 (3.5) | – |\n")
	require.Contains(t, text, "| W0 | rate, 1/s | 12,000 | 3,000 (4) | – |\n")
	require.Contains(t, text, "p<1: gave up. q: q has no things.")
}

func TestAPeerIsAskedAgainUnlessItHasNothing(t *testing.T) {
	r := sample(t)
	require.True(t, r.offers("W0", "durable"))
	require.True(t, r.offers("W0", "p<1"))
	require.False(t, r.offers("W0", "q"))
}

func TestTheBarsAreXML(t *testing.T) {
	text := sample(t).svg()
	require.NoError(t, xml.NewDecoder(strings.NewReader(text)).Decode(new(struct{ XMLName xml.Name })))
	require.Equal(t, 1+6, strings.Count(text, "<rect"), "the ground, and a bar for each figure of each peer")
}

func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.00123: "0.001", 0.4567: "0.457", 1.234: "1.23", 20: "20", 45.67: "45.7", 1234.5: "1,234", 1234567: "1,234,567"} {
		require.Equal(t, want, figure(v))
	}
}
