package pubsub

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

// target is where and how a subscription pushes. It is never changed.
type target struct {
	url          *url.URL
	subscription string
	attempts     bool // say how many: only with a dead letter policy
	raw          bool // the payload without the wrapper
	metadata     bool // with raw, attributes as headers
	headers      http.Header
	account      string // whose token to send; "" sends none
	audience     string
}

func newTarget(pb *pubsubpb.Subscription, u *url.URL) *target {
	c := pb.GetPushConfig()
	t := &target{url: u, subscription: pb.GetName(), attempts: pb.GetDeadLetterPolicy() != nil}
	t.headers = http.Header{"Content-Type": {"application/json"}, "User-Agent": {"CloudPubSub-Google"}, "Accept": {"application/json"}}
	if n := c.GetNoWrapper(); n != nil {
		t.raw, t.metadata = true, n.GetWriteMetadata()
		t.headers.Del("Content-Type")
	}
	if o := c.GetOidcToken(); o != nil {
		t.account, t.audience = o.GetServiceAccountEmail(), o.GetAudience()
		if t.audience == "" {
			t.audience = u.String()
		}
	}
	return t
}

// header is what the request for m carries; it may be shared and is not changed.
func (t *target) header(keys *signer, m *pubsubpb.PubsubMessage) (http.Header, error) {
	if t.account == "" && !t.metadata {
		return t.headers, nil
	}
	h := t.headers.Clone()
	if t.account != "" {
		token, err := keys.token(t.account, t.audience)
		if err != nil {
			return nil, err
		}
		h.Set("Authorization", "Bearer "+token)
	}
	if t.metadata {
		t.writeMetadata(h, m)
	}
	return h, nil
}

func (t *target) writeMetadata(h http.Header, m *pubsubpb.PubsubMessage) {
	for k, v := range m.GetAttributes() {
		h.Set(k, v)
	}
	h.Set("X-Goog-Pubsub-Subscription-Name", t.subscription)
	h.Set("X-Goog-Pubsub-Message-Id", m.GetMessageId())
	h.Set("X-Goog-Pubsub-Publish-Time", string(appendTime(nil, m.GetPublishTime().AsTime())))
	if k := m.GetOrderingKey(); k != "" {
		h.Set("X-Goog-Pubsub-Ordering-Key", k)
	}
}

// appendBody appends the body of the request: the payload alone, or Google's wrapper
// around it. Field names come in both spellings, as Google sends them.
func (t *target) appendBody(b []byte, m *pubsubpb.PubsubMessage, attempt int) []byte {
	if t.raw {
		return append(b, m.GetData()...)
	}
	b = append(b, '{')
	if t.attempts {
		b = append(b, `"deliveryAttempt":`...)
		b = strconv.AppendInt(b, int64(attempt), 10)
		b = append(b, ',')
	}
	b = append(b, `"message":`...)
	b = appendMessage(b, m)
	b = append(b, `,"subscription":`...)
	b = appendString(b, t.subscription)
	return append(b, '}')
}

func appendMessage(b []byte, m *pubsubpb.PubsubMessage) []byte {
	b = append(b, '{')
	if len(m.GetAttributes()) > 0 {
		b = append(b, `"attributes":`...)
		b = appendAttributes(b, m.GetAttributes())
		b = append(b, ',')
	}
	if len(m.GetData()) > 0 {
		b = append(b, `"data":"`...)
		b = base64Encoding.AppendEncode(b, m.GetData())
		b = append(b, `",`...)
	}
	b = appendTwice(b, "messageId", "message_id", m.GetMessageId())
	if k := m.GetOrderingKey(); k != "" {
		b = append(b, `"orderingKey":`...)
		b = append(appendString(b, k), ',')
	}
	b = appendTwice(b, "publishTime", "publish_time", string(appendTime(nil, m.GetPublishTime().AsTime())))
	b[len(b)-1] = '}'
	return b
}

// appendTwice appends a value that needs no escape under both names, each with a comma.
func appendTwice(b []byte, camel, snake, value string) []byte {
	for _, name := range [2]string{camel, snake} {
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, `":"`...)
		b = append(b, value...)
		b = append(b, `",`...)
	}
	return b
}

func appendAttributes(b []byte, attributes map[string]string) []byte {
	keys := make([]string, 0, 8)
	for k := range attributes {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	for _, k := range keys {
		b = append(appendString(b, k), ':')
		b = append(appendString(b, attributes[k]), ',')
	}
	b[len(b)-1] = '}'
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.999999Z")
}
