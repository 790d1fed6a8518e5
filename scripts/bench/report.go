package main

import (
	"fmt"
	"io"
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

func (r *report) print(w io.Writer, title string) {
	fmt.Fprintf(w, "\n### %s\n\n| work | ratio | ours | baseline | aim | |\n|---|---|---|---|---|---|\n", title)
	for _, row := range r.rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", row.work, row.ratio, row.ours, row.baseline, row.aim, row.verdict)
	}
}
