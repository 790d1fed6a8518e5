package main

import (
	"fmt"
	"strings"
)

// report collects the rows of a section.
type report struct{ rows []row }

type row struct{ work, ours, baseline, ratio, aim, verdict string }

// row adds a measurement: what was done, our figure, the baseline's, their
// ratio, the aim, and whether it was met. An empty aim has no verdict.
func (r *report) row(work, ours, baseline, ratio, aim string, met bool) {
	verdict := "missed"
	if met {
		verdict = "met"
	}
	if aim == "" {
		verdict = ""
	}
	r.rows = append(r.rows, row{work, ours, baseline, ratio, aim, verdict})
}

// markdown is the table of a section.
func (r *report) markdown(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s\n\n| work | ratio | ours | baseline | aim | |\n|---|---|---|---|---|---|\n", heading, title)
	for _, row := range r.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", row.work, row.ratio, row.ours, row.baseline, row.aim, row.verdict)
	}
	return b.String()
}

// heading begins each section of a document of tables.
const heading = "### "

// place puts the table of a section into a document: in place of the one that it
// has, or at its end.
func place(document, title, table string) string {
	begin := strings.Index(document, heading+title+"\n")
	if begin < 0 {
		return strings.TrimRight(document, "\n") + "\n\n" + table
	}
	end := len(document)
	if next := strings.Index(document[begin+1:], "\n"+heading); next >= 0 {
		end = begin + 1 + next
		table += "\n"
	}
	return document[:begin] + table + strings.TrimPrefix(document[end:], "\n")
}
