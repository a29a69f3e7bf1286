package chaos

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of a JUnit report, as continuous integration reads them.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string      `xml:"name,attr"`
		Tests      int         `xml:"tests,attr"`
		Failures   int         `xml:"failures,attr"`
		Skipped    int         `xml:"skipped,attr"`
		Errors     int         `xml:"errors,attr"`
		Time       string      `xml:"time,attr"`
		Timestamp  string      `xml:"timestamp,attr"`
		Properties []junitPair `xml:"properties>property"`
		Cases      []junitCase `xml:"testcase"`
	}
	junitPair struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func (r *Report) writeJUnit(w io.Writer) error {
	class := "durable.chaos"
	if r.Workflow != "" {
		class += "." + r.Workflow
	}
	s := junitSuite{Name: class, Time: junitTime(r.Took), Timestamp: r.Began.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitPair{{"seed", fmt.Sprint(r.Seed)}, {"command", r.Command}}}
	for _, t := range r.Trials() {
		c := junitCase{Class: class, Name: t.Name, Time: junitTime(t.Took)}
		text := &junitMessage{Text: strings.Join(t.Problems, "\n")}
		if len(t.Problems) > 0 {
			text.Message = t.Problems[0]
		}
		s.Tests++
		switch t.Verdict {
		case Fail:
			s.Failures++
			c.Failure = text
		case Skip:
			s.Skipped++
			c.Skipped = text
		}
		s.Cases = append(s.Cases, c)
	}
	_, err := io.WriteString(w, xml.Header)
	if err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: s}); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

func junitTime(s Seconds) string { return fmt.Sprintf("%.3f", time.Duration(s).Seconds()) }
