package cmd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		d                  time.Duration
		span, tenths, rest string // rest is ago
	}{
		{0, "0.0ms", "0.0s", "0s"},
		{340 * time.Microsecond, "0.3ms", "0.0s", "0s"},
		{3*time.Millisecond + 700*time.Microsecond, "3ms", "0.0s", "0s"},
		{748 * time.Millisecond, "748ms", "0.7s", "0s"},
		{7190 * time.Millisecond, "7.1s", "7.1s", "7s"},
		{10 * time.Second, "10.0s", "10.0s", "10s"},
		{100 * time.Second, "1m40s", "1m40s", "1m"},
		{2 * time.Minute, "2m", "2m", "2m"},
		{90 * time.Minute, "1h30m", "1h30m", "1h"},
		{24*time.Hour - time.Second, "23h59m", "23h59m", "23h"},
		{3*day + 4*time.Hour, "3d4h", "3d4h", "3d"},
		{-2 * time.Second, "-2.0s", "-2.0s", "0s"},
	} {
		t.Run(c.d.String(), func(t *testing.T) {
			require.Equal(t, c.span, span(c.d))
			require.Equal(t, c.tenths, tenths(c.d))
			require.Equal(t, c.rest, ago(c.d))
		})
	}
}

func TestExact(t *testing.T) {
	for d, want := range map[time.Duration]string{
		10 * time.Second: "10s", 90 * time.Second: "1m30s", time.Minute: "1m", time.Hour: "1h",
		24 * time.Hour: "24h", 48 * time.Hour: "2d", 49 * time.Hour: "49h", 500 * time.Millisecond: "500ms", 0: "0s",
	} {
		t.Run(want, func(t *testing.T) { require.Equal(t, want, exact(d)) })
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 4096: "4.0 KiB", 96 << 20: "96.0 MiB", 5 << 40: "5.0 TiB"} {
		t.Run(want, func(t *testing.T) { require.Equal(t, want, size(n)) })
	}
}

func TestCount(t *testing.T) {
	require.Equal(t, "1 crash", count(1, "crash"))
	require.Equal(t, "2 crashes", count(2, "crash"))
	require.Equal(t, "0 steps", count(0, "step"))
	require.Equal(t, "3 queries", count(int64(3), "query"))
}

func TestShort(t *testing.T) {
	require.Equal(t, "K3V7QD", short("01JD0000000000000000K3V7QD"))
	require.Equal(t, "abc", short("abc"))
}

func TestStamp(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 5e8, time.FixedZone("", 3600))
	require.Equal(t, "2026-03-01T11:00:00.5Z", stamp(at))
	require.Empty(t, stamp(time.Time{}))
}
