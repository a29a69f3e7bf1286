package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed139febb4/durable/bench/suite/port"
)

// A report is all that was measured. Its JSON is every sample.
type report struct {
	Machine   string    `json:"machine"`
	Command   string    `json:"command"`
	Rounds    int       `json:"rounds"` // that were finished
	Entries   []entry   `json:"peers"`
	Outcomes  []outcome `json:"workloads"`
	workloads []port.Workload
}

// An outcome is what one peer did with one workload, in all rounds.
type outcome struct {
	Workload string               `json:"workload"`
	Peer     string               `json:"peer"`
	Samples  map[string][]float64 `json:"samples"`
	None     string               `json:"none,omitempty"`   // why it is not offered, or only in part
	Failed   string               `json:"failed,omitempty"` // the last failure
}

func (r *report) begin(workloads []port.Workload, entries []entry) {
	r.workloads, r.Entries = workloads, entries
	for _, w := range workloads {
		for _, e := range entries {
			r.Outcomes = append(r.Outcomes, outcome{Workload: w.Name, Peer: e.Name, Failed: e.Failed, Samples: map[string][]float64{}})
		}
	}
}

func (r *report) of(workload, peer string) *outcome {
	i := slices.IndexFunc(r.Outcomes, func(o outcome) bool { return o.Workload == workload && o.Peer == peer })
	if i < 0 {
		return &outcome{}
	}
	return &r.Outcomes[i]
}

// offers is false once a peer has said that it does not have anything of the
// workload.
func (r *report) offers(workload, peer string) bool {
	o := r.of(workload, peer)
	return o.None == "" || len(o.Samples) > 0
}

func (r *report) add(w port.Workload, peer string, figures map[string]float64, err error) {
	o := r.of(w.Name, peer)
	for name, value := range figures {
		o.Samples[name] = append(o.Samples[name], value)
	}
	var none port.NotOffered
	switch {
	case errors.As(err, &none):
		o.None = none.Error()
	case err != nil:
		o.Failed = err.Error()
	}
}

// median is the middle sample of a figure; ok is false if there is none.
func (o *outcome) median(figure string) (v float64, ok bool) {
	samples := slices.Sorted(slices.Values(o.Samples[figure]))
	switch n := len(samples); {
	case n == 0:
		return 0, false
	case n%2 == 1:
		return samples[n/2], true
	default:
		return (samples[n/2-1] + samples[n/2]) / 2, true
	}
}

// ratio is how many times better durable is than the peer: 2 is half the time,
// or twice the rate.
func (r *report) ratio(w port.Workload, f port.Figure, peer string) (float64, bool) {
	ours, ok := r.of(w.Name, "durable").median(f.Name)
	theirs, there := r.of(w.Name, peer).median(f.Name)
	switch {
	case !ok || !there || ours == 0 || theirs == 0:
		return 0, false
	case f.More:
		return ours / theirs, true
	default:
		return theirs / ours, true
	}
}

// write writes the report three times: to be read, to be computed with, to be
// looked at.
func (r *report) write(dir string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	for name, text := range map[string][]byte{"report.json": append(data, '\n'), "report.md": []byte(r.markdown()), "report.svg": []byte(r.svg())} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	return nil
}
