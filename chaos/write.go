package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// writers are the forms of a report, by the extension of its file.
var writers = map[string]func(*Report, io.Writer) error{
	".json": (*Report).writeJSON,
	".xml":  (*Report).writeJUnit,
	".html": (*Report).writeHTML,
}

// CheckReport reports why path can be no report's file: its extension says the
// form, .json, .xml (JUnit) or .html; its folder must be there.
func CheckReport(path string) error {
	if writers[strings.ToLower(filepath.Ext(path))] == nil {
		return &Refusal{Why: fmt.Errorf("the extension of %s names no form of a report", path), Todo: "there is .json, .xml (JUnit), .html"}
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return &Refusal{Why: fmt.Errorf("there is no folder %s for %s", filepath.Dir(path), filepath.Base(path)), Todo: "make the folder first"}
	}
	return nil
}

// WriteFile writes the report in the form that the extension of path says.
func (r *Report) WriteFile(path string) error {
	if err := CheckReport(path); err != nil {
		return err
	}
	var b bytes.Buffer
	err := writers[strings.ToLower(filepath.Ext(path))](r, &b)
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *Report) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// MarshalJSON writes seconds with their fraction.
func (s Seconds) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(s).Seconds()) }

// UnmarshalJSON reads them.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	var f float64
	if err := json.Unmarshal(text, &f); err != nil {
		return err
	}
	*s = Seconds(f * float64(time.Second))
	return nil
}

func (s Seconds) String() string {
	d := time.Duration(s)
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// Recoveries returns the median and the longest of them; zero without any.
func Recoveries(all []Seconds) (p50, longest Seconds) {
	if len(all) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return percentile(sorted, 50), percentile(sorted, 100)
}

func percentile(sorted []Seconds, percent int) Seconds { return sorted[(len(sorted)-1)*percent/100] }

// spread is how large figures are, for people.
func spread(all []Seconds) string {
	if len(all) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(all))
	return fmt.Sprintf("p50 %s, p99 %s, at most %s", percentile(sorted, 50), percentile(sorted, 99), percentile(sorted, 100))
}
