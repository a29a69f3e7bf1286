package runner

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Duration is a [time.Duration] that people write: "10s" in JSON and in
// flags, where a bare number is seconds, and d stands for 24 hours.
type Duration time.Duration

const digits = ".0123456789"

// ParseDuration understands what [time.ParseDuration] does, a bare number of
// seconds, and days in front: 10, 0.5, 500ms, 1h30m, 2d, 1d12h.
func ParseDuration(s string) (Duration, error) {
	sign, text := "", s
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		sign, text = s[:1], s[1:]
	}
	days, rest, hasDays := strings.Cut(text, "d")
	switch {
	case !hasDays && isNumber(text):
		days, rest = "0", text+"s"
	case !hasDays:
		days, rest = "0", text
	case rest == "":
		rest = "0"
	}
	whole, err := time.ParseDuration(sign + days + "h")
	part, err2 := time.ParseDuration(sign + rest)
	sum := 24*float64(whole) + float64(part)
	if err != nil || err2 != nil || !isNumber(days) || strings.ContainsAny(rest, "+-") || math.Abs(sum) >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no duration: write 10 or 10s, 500ms, 1h30m, 2d", s)
	}
	return Duration(24*whole + part), nil
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, digits) == "" }

// String is the form that ParseDuration reads back: 10s, 1h30m, 24h.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// MarshalText is String. It also makes the JSON form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDuration, for flags and map keys.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	if err == nil {
		*d = v
	}
	return err
}

// UnmarshalJSON reads a string as ParseDuration does, and a number as seconds.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case float64:
		return d.UnmarshalText([]byte(strconv.FormatFloat(v, 'f', -1, 64)))
	}
	return fmt.Errorf("%s is no duration: write \"10s\", or 10 for seconds", raw)
}
