package runner_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed139febb4/durable/runner"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"10":      10 * time.Second,
		"0":       0,
		"0.5":     500 * time.Millisecond,
		"-3":      -3 * time.Second,
		"+3":      3 * time.Second,
		"500ms":   500 * time.Millisecond,
		"1h30m":   90 * time.Minute,
		"2d":      2 * day,
		"1d12h":   36 * time.Hour,
		"1.5d":    36 * time.Hour,
		"-1d12h":  -36 * time.Hour,
		"106751d": 106751 * day,
	} {
		t.Run(text, func(t *testing.T) {
			d, err := runner.ParseDuration(text)
			require.NoError(t, err)
			require.Equal(t, want, time.Duration(d))
		})
	}
}

func TestParseDurationRefuses(t *testing.T) {
	for _, text := range []string{"", "-", "d", "ten", "10x", "1d2", "1d-2h", "1h2d", "--1", "1.2.3", "200000d", "1e3", "NaN", "Inf", " 10"} {
		t.Run(text, func(t *testing.T) {
			d, err := runner.ParseDuration(text)
			require.Error(t, err, "%v", d)
			require.Zero(t, d)
		})
	}
}

func TestDurationJSON(t *testing.T) {
	for raw, want := range map[string]time.Duration{
		`"10s"`: 10 * time.Second,
		`10`:    10 * time.Second,
		`0.25`:  250 * time.Millisecond,
		`1e3`:   1000 * time.Second,
		`"2d"`:  48 * time.Hour,
		`null`:  0,
	} {
		t.Run(raw, func(t *testing.T) {
			var in struct{ Sleep runner.Duration }
			require.NoError(t, json.Unmarshal([]byte(`{"Sleep":`+raw+`}`), &in))
			require.Equal(t, want, time.Duration(in.Sleep))
		})
	}
	for _, raw := range []string{`true`, `"soon"`, `[]`, `1e300`} {
		t.Run("not "+raw, func(t *testing.T) {
			var d runner.Duration
			require.Error(t, json.Unmarshal([]byte(raw), &d))
		})
	}
}

func TestDurationString(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"10s": 10 * time.Second, "0s": 0, "1m": time.Minute, "1h30m": 90 * time.Minute, "24h": 24 * time.Hour, "1h0m10s": time.Hour + 10*time.Second,
	} {
		t.Run(want, func(t *testing.T) {
			require.Equal(t, want, runner.Duration(d).String())
		})
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := runner.Duration(rapid.Int64Range(-math.MaxInt64/2, math.MaxInt64/2).Draw(t, "ns"))
		raw, err := json.Marshal(d)
		require.NoError(t, err)
		var back runner.Duration
		require.NoError(t, json.Unmarshal(raw, &back))
		require.Equal(t, d, back)
	})
}

// FuzzDuration checks that what is understood is written in a form that is
// understood the same.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"10", "0.5", "-1d12h", "+2d", "1h30m", "1e3", "9999999999d", "1dd", "d", ".", "1d-1h", "\xff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := runner.ParseDuration(text)
		if err != nil {
			return
		}
		again, err := runner.ParseDuration(d.String())
		require.NoError(t, err)
		require.Equal(t, d, again)
		raw, err := json.Marshal(d)
		require.NoError(t, err)
		var decoded runner.Duration
		require.NoError(t, json.Unmarshal(raw, &decoded))
		require.Equal(t, d, decoded)
	})
}
