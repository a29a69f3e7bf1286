package chaos_test

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed139febb4/durable/chaos"
	"github.com/seed139febb4/durable/journal"
)

// nasty is what a name or a result may hold.
const nasty = `<script>alert("&")</script>`

func sample() *chaos.Report {
	marks := []chaos.Mark{
		{At: chaos.Seconds(time.Millisecond), What: "start", Process: 1},
		{At: chaos.Seconds(20 * time.Millisecond), What: "kill", Process: 1, Text: nasty},
		{At: chaos.Seconds(30 * time.Millisecond), What: "start", Process: 2},
		{At: chaos.Seconds(50 * time.Millisecond), What: "done", Process: 2},
	}
	good := chaos.Boundary{Event: 2, Kind: journal.ActivityCompleted, Name: "pay", Where: "x.go:3", Window: chaos.BeforeAppend,
		Killed: true, Survived: true, Equal: true, Again: []string{"pay"}, Recovery: chaos.Seconds(20 * time.Millisecond), Timeline: marks}
	bad, missed := good, good
	bad.Name, bad.Equal, bad.Problems = nasty, false, []string{"the result differs: " + nasty}
	missed.Killed = false
	return &chaos.Report{
		Program: "/bin/shop", Seed: 7, Command: "shop chaos " + nasty, Began: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Took: chaos.Seconds(1500 * time.Millisecond),
		Workflow: "order", Masked: []string{".at"}, Boundaries: []chaos.Boundary{good, bad}, Pairs: []chaos.Pair{{First: 0, Second: -1, Boundary: missed}},
		Scenarios: []chaos.Outcome{{Scenario: "sleep", Title: nasty, Promises: []string{"P4"}, Kills: 2, Verdict: chaos.Pass,
			Recovery: []chaos.Seconds{chaos.Seconds(3 * time.Millisecond), chaos.Seconds(5 * time.Second)}}},
	}
}

func write(t *testing.T, r *chaos.Report, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, r.WriteFile(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestWriteJSON(t *testing.T) {
	text := write(t, sample(), "r.json")
	require.Contains(t, text, `"took": 1.5`)
	var back chaos.Report
	require.NoError(t, json.Unmarshal([]byte(text), &back))
	require.Equal(t, *sample(), back)
}

func TestNotCompared(t *testing.T) {
	r := sample()
	r.Scenarios = nil
	require.True(t, r.Compared())
	require.Contains(t, write(t, r, "r.html"), "<td>yes<td>pay<td>yes<td")
	r.Masked = []string{"."}
	require.False(t, r.Compared())
	text := write(t, r, "r.html")
	require.Contains(t, text, "The result was not compared")
	require.Contains(t, text, "<td>yes<td>pay<td><td")
}

func TestWriteJUnit(t *testing.T) {
	var back struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Skipped  int `xml:"skipped,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal([]byte(write(t, sample(), "r.XML")), &back))
	require.Len(t, back.Suites, 1)
	s := back.Suites[0]
	require.Equal(t, []int{4, 1, 1}, []int{s.Tests, s.Failures, s.Skipped})
	require.Nil(t, s.Cases[1].Failure)
	require.Equal(t, "event 2 activity.completed "+nasty+", before its append", s.Cases[2].Name)
	require.Equal(t, "the result differs: "+nasty, s.Cases[2].Failure.Message)
	require.Equal(t, "the result differs: "+nasty, s.Cases[2].Failure.Text)
	require.NotNil(t, s.Cases[3].Skipped)
}

// TestWriteHTML: the page fetches nothing, runs nothing, and escapes what others
// wrote.
func TestWriteHTML(t *testing.T) {
	text := write(t, sample(), "r.html")
	require.NotContains(t, text, "<script")
	require.NotContains(t, text, "ZgotmplZ", "a value that the template refuses")
	require.NotRegexp(t, regexp.MustCompile(`https?://|src=|href=|url\(|@import`), text)
	require.Contains(t, text, `<span class="verdict fail">failed</span>`)
	require.Contains(t, text, `<i class="mark kill" style="left:40.00%;--lane:0"`)
	require.Contains(t, text, `<i class="bar again" style="left:60.00%;width:40.00%;--lane:0"`)
	require.Contains(t, text, `<td class="n">3ms<td class="n">5s`)
}

func TestCheckReport(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"r.json", "r.xml", "r.html", "r.HTML"} {
		require.NoError(t, chaos.CheckReport(filepath.Join(dir, name)))
	}
	for _, name := range []string{"r", "r.pdf", "json", ".", "nowhere/r.json"} {
		require.Error(t, chaos.CheckReport(filepath.Join(dir, name)))
		require.Error(t, sample().WriteFile(filepath.Join(dir, name)))
	}
	require.Error(t, sample().WriteFile(filepath.Join(dir, "r.json", "r.json")), "a file is no folder")
}

func TestSummary(t *testing.T) {
	r := sample()
	require.False(t, r.Passed())
	require.Equal(t, "4 scenarios, 5 kills, 1 failed, 1 not reached, in 1.5s", r.Summary())
	require.Equal(t, []chaos.Repeat{{Name: "pay", Where: "x.go:3", Trials: 3, Differs: 1}}, r.Repeats())
	for _, c := range []struct{ n, p50, longest int }{{1, 1, 1}, {2, 1, 2}, {3, 2, 3}, {4, 2, 4}} {
		var all []chaos.Seconds
		for i := c.n; i > 0; i-- {
			all = append(all, chaos.Seconds(i))
		}
		p50, longest := chaos.Recoveries(all)
		require.Equal(t, []chaos.Seconds{chaos.Seconds(c.p50), chaos.Seconds(c.longest)}, []chaos.Seconds{p50, longest})
	}
}
