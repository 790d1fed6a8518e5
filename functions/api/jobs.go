package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/docs"
	"lastmile/shared/httpapi"
	"lastmile/shared/job"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/logs"
)

// Jobs are the routes of bulk work.
type Jobs struct {
	Store  *jobdb.Store
	Board  Board
	Closer jobdb.Closer
	Files  *attachmentdb.Store
	Log    *slog.Logger
}

// Board knows fast how far a job is, or not at all.
type Board interface {
	Tally(ctx context.Context, id job.ID) (t job.Tally, ok bool, err error)
	Cancel(ctx context.Context, id job.ID) error
}

func (r Jobs) register(api huma.API) {
	handle(api, huma.Operation{
		OperationID: "submit-job", Method: http.MethodPost, Path: "/v1/jobs", DefaultStatus: http.StatusAccepted,
		Summary:     "Start a bulk job",
		Description: "Answers at once, whatever the size of the input.",
		Errors:      []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, r.submit)
	handle(api, huma.Operation{OperationID: "list-jobs", Method: http.MethodGet, Path: "/v1/jobs", Summary: "List jobs, the newest first"}, r.list)
	handle(api, huma.Operation{
		OperationID: "get-job", Method: http.MethodGet, Path: "/v1/jobs/{id}", Summary: "Show a job and its progress",
		Extensions: trips(6), // the job, the board, and four counts at once where that has forgotten
	}, r.get)
	handle(api, huma.Operation{OperationID: "list-pages", Method: http.MethodGet, Path: "/v1/jobs/{id}/pages", Summary: "List the outcomes of a job's pages"}, r.pages)
	handle(api, huma.Operation{
		OperationID: "cancel-job", Method: http.MethodPost, Path: "/v1/jobs/{id}/cancel", DefaultStatus: http.StatusAccepted,
		Summary: "Stop a job", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, r.cancel)
	handle(api, huma.Operation{
		OperationID: "retry-job", Method: http.MethodPost, Path: "/v1/jobs/{id}/retry", DefaultStatus: http.StatusAccepted,
		Summary: "Try the failed pages of a job again", Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, r.retry)
}

// jobAnswer is a job and how far it is.
type jobAnswer struct {
	Location string `header:"Location"`
	Body     struct {
		job.Job
		Progress  job.Progress `json:"progress"`
		ReportURL string       `json:"reportUrl,omitempty" doc:"of what failed, as NDJSON; good for a quarter of an hour"`
	}
}

func answer(j job.Job, t job.Tally) *jobAnswer {
	a := &jobAnswer{Location: "/v1/jobs/" + string(j.ID)}
	a.Body.Job, a.Body.Progress = j, j.ProgressAt(t, time.Now())
	return a
}

func (r Jobs) submit(ctx context.Context, in *submission) (*jobAnswer, error) {
	j, items, err := in.job(job.ID(httpapi.EffectID(ctx)), logs.From(ctx).Caller, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	if err := r.pin(ctx, &j); err != nil {
		return nil, err
	}
	stored, _, err := r.Store.Submit(ctx, j, items)
	var busy *job.BusyError
	switch {
	case errors.As(err, &busy) && in.Body.Join:
		if stored, err = r.Store.Get(ctx, busy.Holder); err != nil {
			return nil, jobError(err)
		}
	case err != nil:
		return nil, jobError(err)
	}
	return answer(stored, job.Tally{}), nil
}

// JobRef names a job in a path.
type JobRef struct {
	ID string `path:"id" maxLength:"128"`
}

func (r Jobs) get(ctx context.Context, in *JobRef) (*jobAnswer, error) {
	j, err := r.Store.Get(ctx, job.ID(in.ID))
	if err != nil {
		return nil, jobError(err)
	}
	t, err := r.tally(ctx, j)
	if err != nil {
		return nil, err
	}
	out := answer(j, t)
	out.Body.ReportURL, err = r.reportURL(ctx, j)
	return out, err
}

// tally asks the board, and counts outcomes only if that does not know.
func (r Jobs) tally(ctx context.Context, j job.Job) (job.Tally, error) {
	if j.State.Closed() || j.State == job.Pending {
		return j.Tally, nil
	}
	t, ok, err := r.Board.Tally(ctx, j.ID)
	if err != nil {
		r.Log.WarnContext(ctx, "job board does not answer", slog.Any("error", err))
	}
	if forgot := t.Pages < j.Watch.Pages; ok && !forgot {
		return t, nil
	}
	return r.Store.Progress(ctx, j)
}

type jobList struct {
	Body struct {
		Jobs []job.Job `json:"jobs"`

		// Next is the cursor of the jobs that follow; empty if there are none.
		Next string `json:"next,omitempty"`
	}
}

func (r Jobs) list(ctx context.Context, in *struct {
	Shop   string `query:"shop" maxLength:"64"`
	State  string `query:"state" enum:"pending,running,finishing,done,partial,failed,cancelling,cancelled"`
	Cursor Cursor `query:"cursor" doc:"next of the list before"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*jobList, error) {
	after, err := in.Cursor.place()
	if err != nil {
		return nil, err
	}
	found, err := r.Store.List(ctx, jobdb.Query{Shop: in.Shop, State: job.State(in.State), After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &jobList{}
	out.Body.Jobs = found
	out.Body.Next = following(found, in.Limit, func(j job.Job) docs.Place { return docs.Place{At: j.Created, ID: string(j.ID)} })
	return out, nil
}

type pageList struct {
	Body struct {
		Pages []job.Page `json:"pages"`

		// Next is what to give as after for the pages that follow; -1 if there are
		// none.
		Next int `json:"next"`
	}
}

func (r Jobs) pages(ctx context.Context, in *struct {
	JobRef
	State string `query:"state" enum:"done,failed"`
	After int    `query:"after" default:"-1" minimum:"-1"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*pageList, error) {
	found, err := r.Store.Pages(ctx, job.ID(in.ID), job.State(in.State), in.After, in.Limit)
	if err != nil {
		return nil, jobError(err)
	}
	out := &pageList{}
	out.Body.Pages, out.Body.Next = found, -1
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].Page
	}
	return out, nil
}

func (r Jobs) cancel(ctx context.Context, in *JobRef) (*jobAnswer, error) {
	j, err := r.Store.Cancel(ctx, job.ID(in.ID), time.Now().UTC())
	if err != nil {
		return nil, jobError(err)
	}
	err = errors.Join(r.Board.Cancel(ctx, j.ID), r.Closer.Close(ctx, j.Closing(time.Now())))
	if err != nil {
		r.Log.WarnContext(ctx, "the sweep will have to cancel a job", slog.Any("error", err))
	}
	return answer(j, job.Tally{}), nil
}

func (r Jobs) retry(ctx context.Context, in *JobRef) (*jobAnswer, error) {
	j, err := r.Store.Retry(ctx, job.ID(in.ID), time.Now().UTC())
	if err != nil {
		return nil, jobError(err)
	}
	return answer(j, job.Tally{}), nil
}

// jobError maps what stores return to a problem that tells what to do.
func jobError(err error) error {
	var busy *job.BusyError
	switch {
	case errors.As(err, &busy):
		return huma.Error409Conflict(busy.Error(), &huma.ErrorDetail{Message: "is running", Location: "job", Value: busy.Holder})
	case errors.Is(err, job.ErrUnknown):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, job.ErrIllegalMove), errors.Is(err, job.ErrSuperseded):
		return huma.Error409Conflict(err.Error())
	}
	return err
}
