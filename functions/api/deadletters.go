package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/bus"
	"lastmile/shared/deadletter"
	"lastmile/shared/deadletter/deadletterdb"
)

// DeadLetters are the routes of events that could not be handled.
type DeadLetters struct {
	Store  *deadletterdb.Store
	Sender Sender
}

// Sender publishes messages as they are.
type Sender interface {
	Send(ctx context.Context, messages ...bus.Message) error
}

func (r DeadLetters) register(api huma.API) {
	handle(api, huma.Operation{OperationID: "list-dead-letters", Method: http.MethodGet, Path: "/v1/deadletters", Summary: "List dead letters, the newest first"}, r.list)
	handle(api, huma.Operation{OperationID: "get-dead-letter", Method: http.MethodGet, Path: "/v1/deadletters/{id}", Summary: "Show a dead letter"}, r.get)
	handle(api, huma.Operation{
		OperationID: "replay-dead-letter", Method: http.MethodPost, Path: "/v1/deadletters/{id}/replay", DefaultStatus: http.StatusAccepted,
		Summary: "Publish a dead letter's event again, under its own id",
	}, r.replay)
	handle(api, huma.Operation{
		OperationID: "replay-dead-letters", Method: http.MethodPost, Path: "/v1/deadletters/replay", DefaultStatus: http.StatusAccepted,
		Summary:     "Publish the events of all waiting dead letters that a filter selects",
		Description: "Works through them for some seconds; where next is not empty, ask again with it as cursor.",
	}, r.replayAll)
}

// LetterFilter is how callers select letters.
type LetterFilter struct {
	Type     string    `query:"type" maxLength:"128"`
	Function string    `query:"function" maxLength:"64"`
	Class    string    `query:"class" maxLength:"64"`
	From     time.Time `query:"from" doc:"given up then or later"`
	To       time.Time `query:"to" doc:"given up earlier"`
	Cursor   string    `query:"cursor" maxLength:"2000" doc:"next of the answer before"`
}

func (f LetterFilter) in(s deadletter.State) deadletter.Filter {
	return deadletter.Filter{State: s, Type: f.Type, Function: f.Function, Class: f.Class, From: f.From, To: f.To}
}

type letterList struct {
	Body struct {
		Letters []deadletter.Letter `json:"letters"`
		Next    string              `json:"next,omitempty"`
	}
}

func (r DeadLetters) list(ctx context.Context, in *struct {
	LetterFilter
	State string `query:"state" enum:"waiting,replayed"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*letterList, error) {
	found, next, err := r.Store.List(ctx, in.in(deadletter.State(in.State)), in.Cursor, in.Limit)
	if err != nil {
		return nil, letterError(err)
	}
	out := &letterList{}
	out.Body.Letters, out.Body.Next = found, next
	return out, nil
}

type letterRef struct {
	ID string `path:"id" maxLength:"1500"`
}

type letterAnswer struct{ Body deadletter.Letter }

func (r DeadLetters) get(ctx context.Context, in *letterRef) (*letterAnswer, error) {
	l, err := r.Store.Get(ctx, in.ID)
	if err != nil {
		return nil, letterError(err)
	}
	return &letterAnswer{Body: l}, nil
}

type replayAnswer struct {
	Body struct {
		Replayed int    `json:"replayed"`
		Next     string `json:"next,omitempty" doc:"where there is more to replay, the cursor to go on with"`
	}
}

func (r DeadLetters) replay(ctx context.Context, in *letterRef) (*replayAnswer, error) {
	l, err := r.Store.Get(ctx, in.ID)
	if err != nil {
		return nil, letterError(err)
	}
	if l.Cut {
		return nil, letterError(fmt.Errorf("%w: %s had more than %d bytes; have its source publish it again", deadletter.ErrCut, l.ID, deadletter.MaxData))
	}
	out := &replayAnswer{}
	out.Body.Replayed = 1
	return out, r.send(ctx, l)
}

// The bounds of one request to replay by filter. The cursor goes on from there.
const (
	replayBatch = 100
	replayTime  = 10 * time.Second
)

func (r DeadLetters) replayAll(ctx context.Context, in *LetterFilter) (*replayAnswer, error) {
	out := &replayAnswer{}
	out.Body.Next = in.Cursor
	for until := time.Now().Add(replayTime); ; {
		found, next, err := r.Store.List(ctx, in.in(deadletter.Waiting), out.Body.Next, replayBatch)
		if err != nil {
			return nil, letterError(err)
		}
		found = slices.DeleteFunc(found, func(l deadletter.Letter) bool { return l.Cut })
		if err := r.send(ctx, found...); err != nil {
			return nil, err
		}
		out.Body.Replayed += len(found)
		out.Body.Next = next
		if next == "" || time.Now().After(until) {
			return out, nil
		}
	}
}

func (r DeadLetters) send(ctx context.Context, letters ...deadletter.Letter) error {
	if len(letters) == 0 {
		return nil
	}
	messages := make([]bus.Message, len(letters))
	for i, l := range letters {
		messages[i] = bus.Message{Topic: l.Type, Data: l.Data, Attributes: l.Attributes}
	}
	if err := r.Sender.Send(ctx, messages...); err != nil {
		return err
	}
	return r.Store.Replayed(ctx, time.Now().UTC(), letters...)
}

func letterError(err error) error {
	switch {
	case errors.Is(err, deadletter.ErrUnknown):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, deadletter.ErrCut):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, deadletter.ErrBadCursor):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return err
}
