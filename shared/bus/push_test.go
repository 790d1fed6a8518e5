package bus_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/bus"
	"lastmile/shared/event"
	"lastmile/shared/logs"
)

const limit = 1 << 20

func request(body string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestAnEventSurvivesTheWire(t *testing.T) {
	ctx := logs.With(t.Context(), logs.Fields{Request: "r1", Caller: "operator", Job: "j1", Entity: logs.Entity{Type: "order", ID: "7"}})
	at := time.Date(2026, 11, 22, 10, 0, 0, 123, time.UTC)
	sent := &event.CatalogPage{Header: event.Header{ID: "e1", Time: at}, Job: "j1", Shop: "s", Settings: 1, Page: 2}
	m, err := bus.Encode(ctx, sent)
	require.NoError(t, err)
	require.Equal(t, "catalog.page.v1", m.Topic)

	body, err := json.Marshal(map[string]any{
		"subscription": "projects/p/subscriptions/s", "deliveryAttempt": 3,
		"message": map[string]any{"messageId": "9", "publishTime": at, "orderingKey": "k", "attributes": m.Attributes, "data": m.Data},
	})
	require.NoError(t, err)
	push, err := bus.DecodePush(request(string(body)), limit)
	require.NoError(t, err)
	require.Equal(t, 3, push.Attempt)
	require.Equal(t, "k", push.OrderingKey)
	require.Equal(t, "s", push.Subject())

	var got event.CatalogPage
	require.NoError(t, push.Decode(&got))
	require.Equal(t, *sent, got)

	from := logs.From(push.Context(t.Context()))
	require.Equal(t, "r1", from.Request)
	require.Equal(t, "operator", from.Caller)
	require.Equal(t, "j1", from.Job)
	require.Equal(t, m.Attributes["ce-traceparent"][3:35], from.Trace)
}

func TestDecodePush(t *testing.T) {
	plain := `{"subscription":"s","message":{"messageId":"1","publishTime":"2026-11-22T10:00:00Z","data":"eyJqb2IiOiJqIn0="}}`
	tests := map[string]struct {
		request *http.Request
		id      event.ID
		job     string
	}{
		"a push of a publisher who knows nothing of CloudEvents": {request(plain), "1", "j"},
		"a CloudEvent in binary mode": {
			request(`{"job":"j"}`, "Ce-Id", "e1", "Ce-Type", "job.plan.v1", "Ce-Time", "2026-11-22T10:00:00Z"), "e1", "j",
		},
		"a structured CloudEvent": {
			request(`{"specversion":"1.0","id":"e1","type":"job.plan.v1","source":"x","data":{"job":"j"}}`, "Content-Type", "application/cloudevents+json; charset=utf-8"), "e1", "j",
		},
		"a structured CloudEvent with its data in base64": {
			request(`{"specversion":"1.0","id":"e1","type":"job.plan.v1","source":"x","data_base64":"eyJqb2IiOiJqIn0="}`, "Content-Type", "application/cloudevents+json"), "e1", "j",
		},
		"a push that Eventarc wrapped": {
			request(`{"specversion":"1.0","id":"outer","type":"google.cloud.pubsub.topic.v1.messagePublished","source":"x","data":`+plain+`}`, "Content-Type", "application/cloudevents+json"), "1", "j",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			push, err := bus.DecodePush(test.request, limit)
			require.NoError(t, err)
			var e event.JobPlan
			require.NoError(t, push.Decode(&e))
			require.Equal(t, test.id, e.ID)
			require.Equal(t, test.job, e.Job)
		})
	}
}

func TestDecodePushRefuses(t *testing.T) {
	tests := map[string]struct {
		request *http.Request
		err     error
	}{
		"an empty body":                    {request(""), bus.ErrMalformed},
		"no JSON":                          {request("x"), bus.ErrMalformed},
		"a push without a message":         {request(`{"subscription":"s"}`), bus.ErrMalformed},
		"a message without an id":          {request(`{"message":{"data":""}}`), bus.ErrMalformed},
		"data that is not base64":          {request(`{"message":{"messageId":"1","data":"%"}}`), bus.ErrMalformed},
		"a CloudEvent without an id":       {request(`{}`, "Ce-Type", "t"), bus.ErrMalformed},
		"a structured one that is no JSON": {request(`x`, "Content-Type", "application/cloudevents+json"), bus.ErrMalformed},
		"a body over the limit":            {request(strings.Repeat("x", limit+1)), bus.ErrTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := bus.DecodePush(test.request, limit)
			require.ErrorIs(t, err, test.err)
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	push := func(attributes map[string]string, data string) *bus.Push {
		return &bus.Push{MessageID: "1", Attributes: attributes, Data: []byte(data)}
	}
	tests := map[string]struct {
		push *bus.Push
		says string
	}{
		"another version":      {push(map[string]string{"ce-type": "job.plan.v2"}, `{"job":"j"}`), "job.plan.v2"},
		"data that is no JSON": {push(nil, `{`), "not its JSON"},
		"a missing field":      {push(nil, `{}`), "job must not be empty"},
		"an id with a slash":   {push(map[string]string{"ce-id": "a/b"}, `{"job":"j"}`), "slash"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.push.Decode(&event.JobPlan{})
			require.ErrorIs(t, err, event.ErrInvalid)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	_, err := bus.Encode(t.Context(), &event.JobPlan{})
	require.ErrorIs(t, err, event.ErrInvalid)
	_, err = bus.Encode(t.Context(), &event.JobPlan{Job: strings.Repeat("x", bus.MaxData)})
	require.ErrorContains(t, err, "put the bulk in a file")
}

func FuzzDecodePush(f *testing.F) {
	f.Add("application/json", `{"message":{"messageId":"1","data":"e30="}}`)
	f.Add("application/cloudevents+json", `{"id":"1","type":"t","data":{}}`)
	f.Fuzz(func(t *testing.T, contentType, body string) {
		push, err := bus.DecodePush(request(body, "Content-Type", contentType), limit)
		if err != nil {
			if !errors.Is(err, bus.ErrMalformed) && !errors.Is(err, bus.ErrTooLarge) {
				t.Fatalf("neither malformed nor too large: %v", err)
			}
			return
		}
		if err := push.Decode(&event.JobPlan{}); err != nil && !errors.Is(err, event.ErrInvalid) {
			t.Fatalf("not invalid: %v", err)
		}
	})
}
