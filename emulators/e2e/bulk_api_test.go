package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"lastmile/emulators/fault"
	"lastmile/shared/event"
	"lastmile/shared/job"
)

// call sends body as JSON to the API and decodes the answer into out.
func (s *shop) call(t testing.TB, method, path string, body, out any, header ...string) int {
	t.Helper()
	sent, err := json.Marshal(body)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(sent))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+s.Operator)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(answer, out), "%s %s: %s", method, path, answer)
	return resp.StatusCode
}

type object = map[string]any

func TestSubmittingByTheAPI(t *testing.T) {
	s := openShop(t, 10)
	price := object{"kind": "items.price", "shop": "bakery", "params": object{"percent": 10}, "items": []string{"item-0", "item-0", "item-1"}}
	t.Run("answers at once, and shows progress", func(t *testing.T) {
		var got struct {
			ID       job.ID       `json:"id"`
			Progress job.Progress `json:"progress"`
		}
		require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs", price, &got))
		s.closed(t, got.ID)
		require.Equal(t, http.StatusOK, s.call(t, "GET", "/v1/jobs/"+string(got.ID), nil, &got))
		require.Equal(t, job.Done, got.Progress.State)
		require.Equal(t, 1, got.Progress.Total)
		require.Equal(t, 2, got.Progress.Changed, "a list names each item once")
		require.EqualValues(t, 1100, s.item(t, 0).Price.Amount)

		var pages struct{ Pages []job.Page }
		require.Equal(t, http.StatusOK, s.call(t, "GET", "/v1/jobs/"+string(got.ID)+"/pages?state=done", nil, &pages))
		require.Len(t, pages.Pages, 1)
		var list struct{ Jobs []job.Job }
		require.Equal(t, http.StatusOK, s.call(t, "GET", "/v1/jobs?shop=bakery&state=done", nil, &list))
		require.Len(t, list.Jobs, 1)
	})
	t.Run("with a key, asks for one job however often", func(t *testing.T) {
		var first, second, other struct {
			ID     job.ID `json:"id"`
			Detail string `json:"detail"`
		}
		require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs", price, &first, "Idempotency-Key", "k"))
		require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs", price, &second, "Idempotency-Key", "k"))
		require.Equal(t, first.ID, second.ID)
		price := object{"kind": "items.stock", "shop": "bakery", "params": object{"set": 1}, "filter": object{}}
		require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "POST", "/v1/jobs", price, &other, "Idempotency-Key", "k"))
		require.Contains(t, other.Detail, "Idempotency-Key")
	})
}

func TestBadJobsAreRefusedByField(t *testing.T) {
	s := openShop(t, 1)
	tests := map[string]struct {
		body  object
		field string
	}{
		"an unknown kind":      {object{"kind": "items.dance", "shop": "bakery", "filter": object{}}, "body.kind"},
		"a hostile shop":       {object{"kind": "items.price", "shop": "../x", "filter": object{}}, "body.shop"},
		"no parameters":        {object{"kind": "items.price", "shop": "bakery", "filter": object{}}, "body.params.set"},
		"a nested parameter":   {object{"kind": "items.price", "shop": "bakery", "params": object{"set": object{}}, "filter": object{}}, "body.params.set"},
		"no input":             {object{"kind": "items.price", "shop": "bakery", "params": object{"set": 1}}, "body"},
		"two inputs":           {object{"kind": "items.price", "shop": "bakery", "params": object{"set": 1}, "filter": object{}, "items": []string{"x"}}, "body"},
		"a filter upside down": {object{"kind": "items.price", "shop": "bakery", "params": object{"set": 1}, "filter": object{"minPrice": 5, "maxPrice": 1}}, "body.filter.maxPrice"},
		"a file elsewhere":     {object{"kind": "items.price", "shop": "bakery", "file": "../../etc/passwd"}, "body.file"},
		"an empty item":        {object{"kind": "items.price", "shop": "bakery", "params": object{"set": 1}, "items": []string{"x", ""}}, "body.items[1]"},
		"a sync of a list":     {object{"kind": "catalog.sync", "shop": "bakery", "items": []string{"x"}}, "body"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var problem struct {
				Errors []struct{ Location, Message string }
			}
			require.Equal(t, http.StatusUnprocessableEntity, s.call(t, "POST", "/v1/jobs", test.body, &problem))
			require.Len(t, problem.Errors, 1, "%v", problem)
			require.Equal(t, test.field, problem.Errors[0].Location)
			require.NotEmpty(t, problem.Errors[0].Message)
		})
	}
	var problem object
	require.Equal(t, http.StatusNotFound, s.call(t, "GET", "/v1/jobs/none", nil, &problem))
	require.Equal(t, http.StatusNotFound, s.call(t, "POST", "/v1/jobs/none/cancel", nil, &problem))
}

func TestCancelAndRetryByTheAPI(t *testing.T) {
	s := openShop(t, 10)
	require.NoError(t, s.StopFunction("jobplan"))
	j := s.submit(t, "items.stock", map[string]string{"delta": "1"}, job.Input{}, "item-1")
	var got struct {
		State  job.State `json:"state"`
		Detail string    `json:"detail"`
	}
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs/"+string(j.ID)+"/cancel", nil, &got))
	require.Equal(t, job.Cancelling, got.State)
	require.Equal(t, http.StatusConflict, s.call(t, "POST", "/v1/jobs/"+string(j.ID)+"/retry", nil, &got))
	require.Contains(t, got.Detail, "cancelling")
}

func TestDeadLettersAreReplayedByFilter(t *testing.T) {
	s := openShop(t, 1)
	const n = 150
	for i := range n {
		e := &event.BulkPage{Header: event.Header{ID: event.ID(fmt.Sprint("lost-", i))}, Job: "later", Shop: "bakery", Items: []string{"item-0"}}
		require.NoError(t, s.bus.Publish(t.Context(), e))
	}
	type letters struct {
		Letters []struct {
			ID      string
			Replays int
		}
		Next string
	}
	// all returns the letters in a state, page by page.
	all := func(state string) (ids []string, replays int) {
		for next := ""; ; {
			var page letters
			require.Equal(t, http.StatusOK, s.call(t, "GET", "/v1/deadletters?limit=40&function=bulkpage&state="+state+"&cursor="+next, nil, &page))
			for _, l := range page.Letters {
				ids = append(ids, l.ID)
				replays += l.Replays
			}
			if next = page.Next; next == "" {
				return ids, replays
			}
		}
	}
	s.until(t, "all letters are archived", func() bool { ids, _ := all("waiting"); return len(ids) == n })
	s.idle(t)

	// The job turns up, so that the replayed pages find something to do.
	j := job.New("later", "items.stock", "bakery", "ann", time.Now().UTC())
	j.Params = map[string]string{"delta": "1"}
	_, _, err := s.jobs.Submit(t.Context(), j, []string{"item-0"})
	require.NoError(t, err)
	s.closed(t, j.ID)

	var replay struct {
		Replayed int
		Next     string
	}
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/deadletters/replay?function=bulkpage&type=bulk.page.v1", nil, &replay))
	require.Equal(t, n, replay.Replayed)
	require.Empty(t, replay.Next)
	s.until(t, "all letters are replayed", func() bool { _, replays := all("replayed"); return replays == n })
	require.EqualValues(t, 6, s.item(t, 0).Stock, "a page that is done stays done")
}

func TestAPublishThatFailsIsNoReplay(t *testing.T) {
	s := openShop(t, 1)
	require.NoError(t, s.bus.Publish(t.Context(), &event.BulkPage{Header: event.Header{ID: "lost"}, Job: "none", Shop: "bakery", Items: []string{"x"}}))
	const id = "/v1/deadletters/lost:bulkpage.bulk.page.v1"
	var letter struct {
		State   string
		Replays int
	}
	s.until(t, "the letter is archived", func() bool { return s.call(t, "GET", id, nil, &letter) == http.StatusOK })
	s.PubSub.Faults.Add(fault.Rule{Method: "Publish", Code: codes.PermissionDenied})
	var problem object
	require.Equal(t, http.StatusInternalServerError, s.call(t, "POST", id+"/replay", nil, &problem))
	require.Equal(t, http.StatusOK, s.call(t, "GET", id, nil, &letter))
	require.Equal(t, "waiting", letter.State)
	require.Zero(t, letter.Replays)
}
