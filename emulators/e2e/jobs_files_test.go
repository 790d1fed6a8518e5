package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
	"lastmile/shared/job"
)

type ranJob struct {
	job.Job
	ReportURL string
}

func TestAJobWorksOnAnUploadedFileAndReportsWhatFailed(t *testing.T) {
	s := openShop(t, 3)
	merchant := client{t, s.Stack, s.Token(auth.Merchant, "mia", "bakery")}
	operator := client{t, s.Stack, s.Operator}
	rows := "id,set\nitem-0,500\nghost,600\nitem-1,-1\nitem-2,700\n"
	f := merchant.put("job.input", "shop:bakery", []byte(rows), "")
	require.Equal(t, "text/csv", f.Content.Type)

	prices := object{"kind": "items.price", "shop": "bakery", "fileId": f.ID}
	var j ranJob
	require.Equal(t, http.StatusAccepted, operator.call(http.MethodPost, "/v1/jobs", prices, &j))
	require.Equal(t, job.Done, s.closed(t, j.ID).State)
	require.Equal(t, http.StatusOK, operator.call(http.MethodGet, "/v1/jobs/"+string(j.ID), nil, &j))
	require.Equal(t, job.Counts{Read: 4, Changed: 2, Failed: 2}, j.Tally.Counts)
	require.EqualValues(t, 500, s.item(t, 0).Price.Amount)
	require.EqualValues(t, 700, s.item(t, 2).Price.Amount)

	status, report, header := fetch(t, j.ReportURL)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "application/x-ndjson", header.Get("Content-Type"))
	lines := strings.Split(strings.TrimSpace(report), "\n")
	require.Len(t, lines, 2)
	require.Contains(t, report, `"page":0,"item":"ghost"`)
	require.Contains(t, report, `"item":"item-1"`)
	bare, _, _ := strings.Cut(j.ReportURL, "?")
	status, _, _ = fetch(t, bare)
	require.Equal(t, http.StatusForbidden, status, "it is private")

	_, status = merchant.announce("job.input", "shop:bakery", []byte("id\nitem-0\n"), f.ID)
	require.Equal(t, http.StatusUnprocessableEntity, status, "what jobs read stays as it was")
}

func TestWhichFilesAJobTakes(t *testing.T) {
	s := openShop(t, 1)
	operator := client{t, s.Stack, s.Operator}
	rows := []byte(`{"id":"item-0","set":5}` + "\n")
	announced, status := operator.announce("job.input", "shop:bakery", rows, "")
	require.Equal(t, http.StatusCreated, status)
	files := map[string]string{
		"one that is not there":     "none",
		"one that is not confirmed": announced.File,
		"another shop's":            operator.put("job.input", "shop:butcher", rows, "").ID,
		"a picture":                 operator.put("item.picture", "shop:bakery", picture(t, 2, 2), "").ID,
	}
	for name, id := range files {
		t.Run(name, func(t *testing.T) {
			asked := object{"kind": "items.price", "shop": "bakery", "fileId": id}
			require.Equal(t, http.StatusUnprocessableEntity, operator.call(http.MethodPost, "/v1/jobs", asked, nil))
		})
	}
}
