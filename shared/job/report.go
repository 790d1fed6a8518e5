package job

import "fmt"

// Complaint is a line of a job's report: what failed, and why.
type Complaint struct {
	Page int `json:"page"`
	Fault
}

// Complaints are the lines of p in the report of its job: the items that it
// names, how many more were refused, and the page itself if it failed.
func (p Page) Complaints() []Complaint {
	var lines []Complaint
	for _, f := range p.Faults {
		lines = append(lines, Complaint{p.Page, f})
	}
	if more := p.Failed - len(p.Faults); more > 0 {
		lines = append(lines, Complaint{p.Page, Fault{Reason: fmt.Sprintf("%d more items were refused", more)}})
	}
	if p.State == Failed {
		lines = append(lines, Complaint{p.Page, Fault{Reason: Cut("the page failed: " + p.Error)}})
	}
	return lines
}

// Faulty reports whether anything failed.
func (t Tally) Faulty() bool { return t.Failed > 0 || t.FailedPages > 0 }
