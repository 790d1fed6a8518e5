package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
)

// Logs are the routes of what happened.
type Logs struct {
	Store *logsdb.Store
	Own   *logs.Logs // the records of this process
}

func (l Logs) register(api huma.API) {
	tags := []string{"logs"}
	handle(api, huma.Operation{
		OperationID: "search-logs", Method: http.MethodGet, Path: "/v1/logs", Tags: tags,
		Summary:     "Search the records of all services",
		Description: "Everything about an order, by all services and in order: ?entity=order:12. What began and never ended: ?state=started&olderThan=300.",
	}, l.search)
	handle(api, huma.Operation{
		OperationID: "list-slow-calls", Method: http.MethodGet, Path: "/v1/slow-calls", Tags: tags,
		Summary: "List calls that took longer than they may, and what they waited for",
	}, l.slow)
	handle(api, huma.Operation{
		OperationID: "get-system", Method: http.MethodGet, Path: "/v1/system", Tags: tags,
		Summary: "Tell how this instance is, and how many records were lost", Extensions: map[string]any{tripsField: 0},
	}, l.system)
}

// OfLogs is the part of a search that says when, and which page. It is exported for
// huma.
type OfLogs struct {
	From   time.Time `query:"from" doc:"logged then or later"`
	To     time.Time `query:"to" doc:"logged earlier"`
	Order  string    `query:"order" enum:"newest,oldest" doc:"which come first; without it, the oldest for an entity, request, trace or job, else the newest"`
	Cursor string    `query:"cursor" maxLength:"200" doc:"next or previous of another page of the same search"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type searchLogs struct {
	OfLogs
	Entity    string `query:"entity" maxLength:"256" pattern:"^[^:]+:.+$" example:"order:12"`
	Service   string `query:"service" maxLength:"64"`
	Operation string `query:"operation" maxLength:"256" example:"POST /v1/jobs"`
	Level     string `query:"level" enum:"DEBUG,INFO,WARNING,ERROR"`
	Kind      string `query:"kind" enum:"log,lifecycle,step"`
	State     string `query:"state" enum:"started,ok,error" doc:"started is what never ended: a crash, or still at it"`
	OlderThan int    `query:"olderThan" minimum:"0" maximum:"2592000" doc:"seconds: logged at least so long ago"`
	Request   string `query:"request" maxLength:"128"`
	Trace     string `query:"trace" maxLength:"32"`
	Lifecycle string `query:"lifecycle" maxLength:"32" doc:"steps of the operation with this record"`
	Caller    string `query:"caller" maxLength:"256" example:"courier:7"`
	Job       string `query:"job" maxLength:"128"`
	Class     string `query:"class" maxLength:"64" doc:"of the error"`
	Status    int    `query:"status" minimum:"0" maximum:"599"`
	Slow      bool   `query:"slow"`
}

// filter is what is searched for, at now.
func (in *searchLogs) filter(now time.Time) logsdb.Filter {
	f := logsdb.Filter{
		Entity: in.Entity, Service: in.Service, Operation: in.Operation, Level: in.Level, Kind: logs.Kind(in.Kind), State: logs.State(in.State),
		Request: in.Request, Trace: in.Trace, Lifecycle: in.Lifecycle, Caller: in.Caller, Job: in.Job, Class: in.Class, Status: in.Status, Slow: in.Slow,
		From: in.From, To: in.To,
	}
	if old := now.Add(-time.Duration(in.OlderThan) * time.Second); in.OlderThan > 0 && (f.To.IsZero() || old.Before(f.To)) {
		f.To = old
	}
	return f
}

// story reports whether the records that are searched for tell one.
func (in *searchLogs) story() bool {
	return in.Entity != "" || in.Request != "" || in.Trace != "" || in.Job != "" || in.Lifecycle != ""
}

type logsAnswer struct {
	Body struct {
		Records  []logs.Record `json:"records"`
		Next     string        `json:"next,omitempty" doc:"cursor of the page that follows; none on the last one"`
		Previous string        `json:"previous,omitempty" doc:"cursor of the page before"`
	}
}

func (l Logs) search(ctx context.Context, in *searchLogs) (*logsAnswer, error) {
	oldest := in.Order == "oldest" || in.Order == "" && in.story()
	return l.page(ctx, logsdb.Search{Filter: in.filter(time.Now()), Oldest: oldest, Cursor: in.Cursor, Limit: in.Limit})
}

type slowCalls struct {
	OfLogs
	Operation string `query:"operation" maxLength:"256" example:"GET /v1/shops/{shop}/items"`
	Service   string `query:"service" maxLength:"64"`
}

func (l Logs) slow(ctx context.Context, in *slowCalls) (*logsAnswer, error) {
	f := logsdb.Filter{Slow: true, Operation: in.Operation, Service: in.Service, From: in.From, To: in.To}
	return l.page(ctx, logsdb.Search{Filter: f, Oldest: in.Order == "oldest", Cursor: in.Cursor, Limit: in.Limit})
}

func (l Logs) page(ctx context.Context, by logsdb.Search) (*logsAnswer, error) {
	p, err := l.Store.Find(ctx, by)
	if errors.Is(err, logsdb.ErrBadCursor) {
		return nil, huma.Error422UnprocessableEntity("the cursor is of no page", &huma.ErrorDetail{Location: "query.cursor", Message: err.Error()})
	}
	if err != nil {
		return nil, err
	}
	out := &logsAnswer{}
	out.Body.Records, out.Body.Next, out.Body.Previous = p.Records, p.Next, p.Previous
	return out, nil
}

type systemAnswer struct {
	Body struct {
		Now  time.Time  `json:"now"`
		Logs logs.Stats `json:"logs"`
	}
}

func (l Logs) system(context.Context, *struct{}) (*systemAnswer, error) {
	out := &systemAnswer{}
	out.Body.Now, out.Body.Logs = time.Now().UTC(), l.Own.Stats()
	return out, nil
}
