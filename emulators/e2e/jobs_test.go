package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastmile/emulators/race"
	"lastmile/shared/docs"
	"lastmile/shared/job"
	"lastmile/shared/logs"
)

// until waits for what to be so.
func (s *shop) until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "waited for a minute: %s", what)
	}
}

// idle waits for all events to be handled.
func (s *shop) idle(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.PubSub.Idle(ctx), "events are still under way")
}

// ask calls the API about a job.
func (s *shop) ask(t testing.TB, method string, id job.ID, verb string) {
	t.Helper()
	var answer object
	require.Equal(t, http.StatusAccepted, s.call(t, method, "/v1/jobs/"+string(id)+verb, nil, &answer), "%v", answer)
}

// sweep lets d go by, as far as jobs and the outbox can tell, and sweeps.
func (s *shop) sweep(t testing.TB, id job.ID, d time.Duration) {
	t.Helper()
	_, err := s.jobs.Change(t.Context(), id, func(j job.Job) (job.Job, error) {
		j.Watch.Checked, j.Watch.Moved = j.Watch.Checked.Add(-d), j.Watch.Moved.Add(-d)
		return j, nil
	})
	require.NoError(t, err)
	outbox := docs.In[struct{}](s.db, "outbox")
	waiting, err := outbox.Query().Limit(1000).All(t.Context())
	require.NoError(t, err)
	for _, e := range waiting {
		require.NoError(t, s.db.Commit(t.Context(), outbox.Merge(e.ID, map[string]any{"created": time.Now().Add(-d)})))
	}
	require.NoError(t, s.Scheduler.Run(t.Context(), "sweep"))
}

// state waits for a job to get to a state.
func (s *shop) state(t testing.TB, id job.ID, want job.State) {
	t.Helper()
	s.until(t, fmt.Sprintf("job %s is %s", id, want), func() bool {
		j, err := s.jobs.Get(t.Context(), id)
		require.NoError(t, err)
		return j.State == want
	})
}

// stocks are how many items have each stock.
func (s *shop) stocks(t testing.TB) map[int]int {
	t.Helper()
	found, err := s.items().Query().Limit(100_000).All(t.Context())
	require.NoError(t, err)
	n := map[int]int{}
	for _, d := range found {
		n[int(d.Data.Stock)]++
	}
	return n
}

// everything selects all items.
func everything(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("item-", i)
	}
	return all
}

// openPlant returns a plant with a shop of items, whose bulk pages are delivered
// again without much of a wait.
func openPlant(t *testing.T, items int) *plant {
	t.Helper()
	p := newPlant(t)
	p.stock(t, items)
	_, err := p.admin.SubscriptionAdminClient.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: p.bulkPages(), RetryPolicy: &pubsubpb.RetryPolicy{
			MinimumBackoff: durationpb.New(10 * time.Millisecond), MaximumBackoff: durationpb.New(50 * time.Millisecond),
		}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"retry_policy"}},
	})
	require.NoError(t, err)
	return p
}

func (p *plant) bulkPages() string {
	return "projects/" + p.Config.Project + "/subscriptions/bulkpage.bulk.page.v1"
}

// lose waits for n pages to be on their way, and loses them.
func (p *plant) lose(t *testing.T, n int) {
	t.Helper()
	p.until(t, fmt.Sprint(n, " pages are published"), func() bool { return p.PubSub.Stats()[p.bulkPages()].Backlog == n })
	_, err := p.admin.SubscriptionAdminClient.Seek(t.Context(), &pubsubpb.SeekRequest{
		Subscription: p.bulkPages(),
		Target:       &pubsubpb.SeekRequest_Time{Time: timestamppb.New(time.Now().Add(time.Hour))},
	})
	require.NoError(t, err)
	p.until(t, "the pages are lost", func() bool { return p.PubSub.Stats()[p.bulkPages()].Backlog == 0 })
}

// handlings returns the records of a function's handlings.
func (s *shop) handlings(t testing.TB, function string) (all []logs.Record) {
	t.Helper()
	found, err := docs.In[logs.Record](s.db, "logs").Where("service", "==", function).
		OrderBy("time", docs.Desc).Limit(10_000).All(t.Context())
	require.NoError(t, err)
	for _, d := range found {
		if d.Data.Kind == logs.KindLifecycle {
			all = append(all, d.Data)
		}
	}
	return all
}

func TestEveryBulkOperationTakesEveryInput(t *testing.T) {
	s := open(t, stackOptions())
	s.stock(t, 30)
	operations := map[job.Kind]struct {
		param   string
		values  [3]any
		changed func(i int) any
	}{
		"items.price":        {"set", [3]any{11, 12, 13}, func(i int) any { return int(s.item(t, i).Price.Amount) }},
		"items.stock":        {"set", [3]any{21, 22, 23}, func(i int) any { return int(s.item(t, i).Stock) }},
		"items.availability": {"available", [3]any{false, true, false}, func(i int) any { return s.item(t, i).Available }},
	}
	for kind, o := range operations {
		params := func(n int) object { return object{o.param: o.values[n]} }
		// run starts a job by the API and returns it when it is done.
		run := func(t *testing.T, body object) job.Job {
			body["kind"], body["shop"] = kind, "bakery"
			var asked struct{ ID job.ID }
			require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/jobs", body, &asked))
			j := s.closed(t, asked.ID)
			require.Equal(t, job.Done, j.State, j.Cause)
			return j
		}
		t.Run(string(kind)+" by a list", func(t *testing.T) {
			j := run(t, object{"params": params(0), "items": []string{"item-1", "ghost"}})
			require.Equal(t, job.Counts{Read: 2, Changed: 1, Failed: 1}, j.Tally.Counts)
			require.Equal(t, []job.Fault{{Item: "ghost", Reason: "item does not exist"}}, s.pages(t, j.ID)[0].Faults)
			require.Equal(t, o.values[0], o.changed(1))
		})
		t.Run(string(kind)+" by a filter", func(t *testing.T) {
			j := run(t, object{"params": params(1), "filter": object{"category": "cake"}})
			require.Equal(t, 15, j.Tally.Read)
			require.Equal(t, o.values[1], o.changed(1))
		})
		t.Run(string(kind)+" by NDJSON", func(t *testing.T) {
			s.file(t, "rows.ndjson", fmt.Sprintf("{\"id\":\"item-1\",%q:%v}\n[\n{\"id\":\"item-2\",\"colour\":1}\n{\"id\":\"ghost\"}\n", o.param, o.values[2]))
			j := run(t, object{"params": params(0), "file": "rows.ndjson"})
			require.Equal(t, job.Counts{Read: 4, Changed: 1, Failed: 3}, j.Tally.Counts)
			faults := s.pages(t, j.ID)[0].Faults
			require.Len(t, faults, 3)
			require.Equal(t, "is not one JSON object", faults[0].Reason)
			require.Positive(t, faults[0].Offset, "the line can be found")
			require.Contains(t, faults[1].Reason, "colour")
			require.Equal(t, "ghost", faults[2].Item)
			require.Equal(t, o.values[2], o.changed(1))
		})
		t.Run(string(kind)+" by CSV", func(t *testing.T) {
			s.file(t, "rows.csv", fmt.Sprintf("id,%s\nitem-1,%v\nitem-2,1,2\nghost,%v\nitem-4,never\n", o.param, o.values[1], o.values[1]))
			j := run(t, object{"file": "rows.csv"})
			require.Equal(t, job.Counts{Read: 4, Changed: 1, Failed: 3}, j.Tally.Counts)
			require.Equal(t, o.values[1], o.changed(1))
		})
	}
}

func TestAKeyNamesOneRequest(t *testing.T) {
	s := open(t, stackOptions())
	s.stock(t, 2)
	ask := func(items ...string) (status int, id job.ID, detail string) {
		var got struct {
			ID     job.ID
			Detail string
		}
		body := object{"kind": "items.stock", "shop": "bakery", "params": object{"delta": 1}, "items": items}
		return s.call(t, "POST", "/v1/jobs", body, &got, "Idempotency-Key", "k"), got.ID, got.Detail
	}
	status, first, _ := ask("item-0")
	require.Equal(t, http.StatusAccepted, status)
	s.closed(t, first)
	status, again, _ := ask("item-0")
	require.Equal(t, http.StatusAccepted, status)
	require.Equal(t, first, again)
	status, _, detail := ask("item-1")
	require.Equal(t, http.StatusUnprocessableEntity, status, "the same but for its list")
	require.Contains(t, detail, "Idempotency-Key")
	s.idle(t)
	require.Equal(t, map[int]int{6: 1, 5: 1}, s.stocks(t))
}

// wide returns a file of n ranges with one row each.
func wide(n int) string {
	const width = 16 << 10 // of a range
	var b strings.Builder
	for i := range n {
		row := fmt.Sprintf(`{"id":"item-%d"}`, i)
		for rest := width - len(row); rest > 0; rest -= 8 << 10 {
			row += strings.Repeat(" ", min(rest, 8<<10)-1) + "\n"
		}
		b.WriteString(row)
	}
	return b.String()
}

func TestAThousandPagesAtOnce(t *testing.T) {
	pages := race.Fewer(1000, 200)
	s := open(t, stackOptions())
	s.stock(t, pages)
	s.file(t, "wide.ndjson", wide(pages))
	s.Tasks.Deliveries.Set(doubled())
	j := s.submit(t, "items.stock", map[string]string{"delta": "1"}, job.Input{File: "wide.ndjson"})
	j = s.closed(t, j.ID)
	require.Equal(t, job.Done, j.State, j.Cause)
	require.Equal(t, pages, j.Tally.Pages)
	require.Equal(t, map[int]int{6: pages}, s.stocks(t))
	s.idle(t)
	for _, r := range s.handlings(t, "bulkpage") {
		require.Nil(t, r.Error, "no commit was aborted")
	}
	require.Len(t, s.handlings(t, "bulkpage"), pages)
	closed, err := s.jobs.Get(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, j.Finished, closed.Finished, "it closed once")
}
