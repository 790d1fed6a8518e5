package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/realtime"
	"lastmile/shared/road/roadhttp"
	"lastmile/shared/track"
	"lastmile/shared/track/trackdb"
)

// Fleet are the routes of who is where and who is connected, all at once: for
// those who look after them.
type Fleet struct {
	Positions *trackdb.Store
	Sockets   *sockets
	Roads     *roadhttp.Client
}

func (r Fleet) register(api huma.API) {
	tags := []string{"fleet"}
	handle(api, huma.Operation{
		OperationID: "get-fleet", Method: http.MethodGet, Path: "/v1/fleet", Tags: tags, Extensions: trips(1),
		Summary:     "Tell where all couriers are, some seconds ago",
		Description: "What has changed since comes from the gateway, as fleet.moved of the topic fleet:all.",
	}, r.all)
	handle(api, huma.Operation{
		OperationID: "get-map", Method: http.MethodGet, Path: "/v1/map", Tags: tags, Extensions: trips(0), Errors: []int{http.StatusNotModified},
		Summary:     "Show the roads, to be drawn",
		Description: "For each line its speed in km/h, and its points as a polyline in Google's encoding, of which scale is a degree.",
	}, r.roads)
	handle(api, huma.Operation{
		OperationID: "list-gateways", Method: http.MethodGet, Path: "/v1/gateways", Tags: tags, Summary: "List the gateways that run, and how much each holds",
	}, r.gateways)
	handle(api, huma.Operation{
		OperationID: "list-presence", Method: http.MethodGet, Path: "/v1/presence", Tags: tags, Summary: "Tell how many connections clients have now",
	}, r.presence)
}

// fleet is columns, as it is long: the same place in each is the same courier.
type fleet struct {
	Body struct {
		Couriers []track.CourierID `json:"couriers"`
		Lat      []float64         `json:"lat"`
		Lng      []float64         `json:"lng"`
		Seen     []int64           `json:"seen" doc:"when each was there, in seconds since 1970"`
	}
}

// shown is how long after its last position a courier is of the fleet.
const shown = 24 * time.Hour

func (r Fleet) all(ctx context.Context, _ *struct{}) (*fleet, error) {
	newest, err := r.Positions.Positions(ctx)
	if err != nil {
		return nil, err
	}
	fixes, after := newest.Fixes(), time.Now().Add(-shown)
	fixes = slices.DeleteFunc(fixes, func(f track.Fix) bool { return f.At.Before(after) })
	out := &fleet{}
	b := &out.Body
	b.Couriers, b.Lat, b.Lng, b.Seen = make([]track.CourierID, len(fixes)), make([]float64, len(fixes)), make([]float64, len(fixes)), make([]int64, len(fixes))
	for i, f := range fixes {
		b.Couriers[i], b.Lat[i], b.Lng[i], b.Seen[i] = f.Courier, metre(f.Lat), metre(f.Lng), f.At.Unix()
	}
	return out, nil
}

// metre rounds degrees to about one.
func metre(degrees float64) float64 { return math.Round(degrees*1e5) / 1e5 }

type roadMap struct {
	Status       int
	ETag         string          `header:"ETag"`
	CacheControl string          `header:"Cache-Control"`
	Body         json.RawMessage `contentType:"application/json"`
}

// roads answers with what the distance function draws, unless the caller has it.
func (r Fleet) roads(ctx context.Context, in *struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"200"`
},
) (*roadMap, error) {
	drawing, err := r.Roads.Drawing(ctx)
	if err != nil {
		return nil, unavailable("the roads cannot be drawn for the moment", err)
	}
	sum := sha256.Sum256(drawing)
	out := &roadMap{Status: http.StatusOK, ETag: strconv.Quote(hex.EncodeToString(sum[:8])), CacheControl: "private, max-age=600", Body: drawing}
	if in.IfNoneMatch == out.ETag {
		out.Status, out.Body = http.StatusNotModified, nil
	}
	return out, nil
}

type gatewayList struct {
	Body struct {
		Gateways []gatewayNow `json:"gateways"`
	}
}

type gatewayNow struct {
	Instance string    `json:"instance"`
	Until    time.Time `json:"until" doc:"when its lease ends, unless it is renewed before"`
	Held     int       `json:"held" doc:"clients, roles and topics that it holds connections of"`
}

func (r Fleet) gateways(ctx context.Context, _ *struct{}) (*gatewayList, error) {
	p, err := r.Sockets.open(ctx)
	if err != nil {
		return nil, err
	}
	found, err := p.Instances(ctx)
	if err != nil {
		return nil, err
	}
	out := &gatewayList{}
	out.Body.Gateways = make([]gatewayNow, len(found))
	for i, g := range found {
		out.Body.Gateways[i] = gatewayNow{g.Name, g.Until, g.Held}
	}
	return out, nil
}

type presenceList struct {
	Body struct {
		Connections []int `json:"connections" doc:"of each client, in the order in which they were asked for"`
	}
}

func (r Fleet) presence(ctx context.Context, in *struct {
	Clients []string `query:"client" minItems:"1" maxItems:"250" required:"true" doc:"such as courier:7, with commas between them"`
},
) (*presenceList, error) {
	clients := make([]realtime.Audience, len(in.Clients))
	for i, name := range in.Clients {
		c, err := realtime.ParseClient(name)
		if err != nil {
			return nil, faulty("query.client", err.Error())
		}
		clients[i] = c
	}
	p, err := r.Sockets.open(ctx)
	if err != nil {
		return nil, err
	}
	out := &presenceList{}
	out.Body.Connections, err = p.Connections(ctx, clients...)
	return out, err
}
