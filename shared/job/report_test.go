package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/job"
)

func TestWhatAReportSaysOfAPage(t *testing.T) {
	ghost := job.Fault{Item: "ghost", Reason: "item does not exist"}
	tests := map[string]struct {
		page job.Page
		want []job.Complaint
	}{
		"nothing of one without faults": {job.Page{Page: 3, State: job.Done}, nil},
		"every item that it names": {
			job.Page{Page: 3, State: job.Done, Counts: job.Counts{Failed: 1}, Faults: []job.Fault{ghost}},
			[]job.Complaint{{Page: 3, Fault: ghost}},
		},
		"how many more there are": {
			job.Page{State: job.Done, Counts: job.Counts{Failed: 8}, Faults: []job.Fault{ghost}},
			[]job.Complaint{{Fault: ghost}, {Fault: job.Fault{Reason: "7 more items were refused"}}},
		},
		"why it failed": {
			job.Page{Page: 2, State: job.Failed, Error: "database is down"},
			[]job.Complaint{{Page: 2, Fault: job.Fault{Reason: "the page failed: database is down"}}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { require.Equal(t, test.want, test.page.Complaints()) })
	}
}
