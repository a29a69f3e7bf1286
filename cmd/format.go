package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a duration as people say it: 3ms, 7.1s, 1m40s, 1h30m, 3d4h.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-d)
	case d < time.Millisecond:
		return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + "ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < 100*time.Second:
		return tenths(d)
	case d < time.Hour:
		return two(d, time.Minute, "m", time.Second, "s")
	case d < 48*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "m")
	}
	return two(d, 24*time.Hour, "d", time.Hour, "h")
}

// tenths is span, but seconds also where milliseconds would do: it counts up or
// down in a place where it is drawn again and again.
func tenths(d time.Duration) string {
	if d < 100*time.Second {
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', 1, 64) + "s"
	}
	return span(d)
}

// ago is a duration without fractions: 4s, 3m, 2h, 5d.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.FormatInt(int64(max(d, 0)/time.Second), 10) + "s"
	case d < time.Hour:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	case d < 48*time.Hour:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	}
	return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
}

// about is a duration of which seconds are known, and no more.
func about(d time.Duration) string {
	if d < time.Second {
		return "under 1s"
	}
	if d < 100*time.Second {
		return fmt.Sprintf("about %.0fs", d.Seconds())
	}
	return "about " + span(d)
}

// exact is a duration as it was asked for: 10s, 1m30s, 24h, 2d.
func exact(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func two(d, big time.Duration, b string, small time.Duration, s string) string {
	out := strconv.FormatInt(int64(d/big), 10) + b
	if rest := d % big / small; rest > 0 {
		out += strconv.FormatInt(int64(rest), 10) + s
	}
	return out
}

// stamp is a time as pipes and JSON get it: RFC 3339, UTC; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// size is a number of bytes: 812 B, 4.0 KiB, 1.2 GiB.
func size(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	f, units := float64(n), "KMGTPE"
	i := -1
	for f >= 1024 {
		f /= 1024
		i++
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}

// count is a number with its noun: 1 event, 3 events.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	switch {
	case strings.HasSuffix(noun, "sh"), strings.HasSuffix(noun, "s"):
		noun += "e"
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ie"
	}
	return strconv.FormatInt(int64(n), 10) + " " + noun + "s"
}

// short is the end of a ULID, which is what differs between runs started
// together: its beginning is the time.
func short(ulid string) string {
	if len(ulid) <= 6 {
		return ulid
	}
	return ulid[len(ulid)-6:]
}
