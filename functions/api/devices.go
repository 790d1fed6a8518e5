package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/docs"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
)

// Devices are the routes of where notifications go, and of those that went.
type Devices struct{ Pusher *push.Pusher }

// newDevices only registers and looks: the function notify sends.
func newDevices(db *docs.DB) Devices { return Devices{push.New(db, push.Local{}, nil)} }

func (r Devices) register(api huma.API) {
	tags := []string{"notifications"}
	own := admits(auth.Customer, auth.Courier, auth.Merchant, auth.Operator)
	handle(api, huma.Operation{
		OperationID: "register-device", Method: http.MethodPost, Path: "/v1/devices", DefaultStatus: http.StatusCreated, Tags: tags, Security: own,
		Summary:     "Have notifications sent to a device",
		Description: "Call it whenever the app starts, and whenever its token changes: it is harmless to repeat. A device gets what is for whoever registered it last.",
	}, r.add)
	handle(api, huma.Operation{
		OperationID: "list-devices", Method: http.MethodGet, Path: "/v1/devices", Tags: tags, Security: own, Summary: "List the caller's devices",
	}, r.list)
	handle(api, huma.Operation{
		OperationID: "remove-device", Method: http.MethodDelete, Path: "/v1/devices/{device}", DefaultStatus: http.StatusNoContent, Tags: tags, Security: own,
		Summary: "Have notifications not sent to a device any more", Errors: []int{http.StatusNotFound},
	}, r.remove)
	handle(api, huma.Operation{
		OperationID: "list-pushes", Method: http.MethodGet, Path: "/v1/pushes", Tags: tags,
		Summary: "List what was pushed to devices, and what became of it, the newest first",
	}, r.pushes)
}

func caller(ctx context.Context) realtime.Audience {
	c := auth.From(ctx)
	return realtime.Client(string(c.Entity), c.ID)
}

type registerDevice struct {
	Body struct {
		Token    string `json:"token" minLength:"1" maxLength:"4096" doc:"the registration token that FCM gave the app"`
		Platform string `json:"platform" enum:"android,ios,web"`
	}
}

type deviceAnswer struct{ Body push.Device }

func (r Devices) add(ctx context.Context, in *registerDevice) (*deviceAnswer, error) {
	d, err := r.Pusher.Register(ctx, caller(ctx), in.Body.Token, in.Body.Platform)
	if errors.Is(err, push.ErrInvalid) {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	return &deviceAnswer{d}, err
}

type deviceList struct {
	Body struct {
		Devices []push.Device `json:"devices"`
	}
}

func (r Devices) list(ctx context.Context, _ *struct{}) (*deviceList, error) {
	found, err := r.Pusher.Devices(ctx, caller(ctx))
	out := &deviceList{}
	out.Body.Devices = append([]push.Device{}, found...)
	return out, err
}

func (r Devices) remove(ctx context.Context, in *struct {
	Device string `path:"device" maxLength:"64" pattern:"^[0-9a-z]+$"`
},
) (*struct{}, error) {
	removed, err := r.Pusher.Remove(ctx, caller(ctx), in.Device)
	if err == nil && !removed {
		return nil, huma.Error404NotFound("the caller has no device " + in.Device)
	}
	return nil, err
}

type pushList struct {
	Body struct {
		Pushes []push.Record `json:"pushes"`

		// Next is the cursor of those that follow; absent if there are none.
		Next time.Time `json:"next,omitzero"`
	}
}

func (r Devices) pushes(ctx context.Context, in *struct {
	Client string    `query:"client" maxLength:"160" doc:"such as courier:7; empty for all"`
	Cursor time.Time `query:"cursor" doc:"next of the list before"`
	Limit  int       `query:"limit" default:"50" minimum:"1" maximum:"200"`
},
) (*pushList, error) {
	var client realtime.Audience
	if in.Client != "" {
		var err error
		if client, err = realtime.ParseClient(in.Client); err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
	}
	found, err := r.Pusher.List(ctx, client, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &pushList{}
	out.Body.Pushes = found
	if len(found) == in.Limit {
		out.Body.Next = found[len(found)-1].At
	}
	return out, nil
}
