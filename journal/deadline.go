package journal

import (
	"math"
	"time"
)

// Latest is the last moment a journal can hold, in the year 2262: times on disk
// are nanoseconds since 1970 in 64 bits.
var Latest = time.Unix(0, math.MaxInt64).UTC()

// Deadline is from plus d, or Latest if that is earlier. Engines compute every
// deadline with it: one beyond Latest would come back as one long past, and
// fire at once (P4).
func Deadline(from time.Time, d time.Duration) time.Time {
	if due := from.Add(d); due.Before(Latest) {
		return due
	}
	return Latest
}
