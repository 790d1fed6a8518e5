package tasks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const maxAnswer = 64 << 10 // bytes of a handler's answer that are read to reuse the connection

// delivery is one request that a task makes, detached from the task.
type delivery struct {
	method   string
	url      string
	body     []byte
	headers  map[string]string
	oidc     *cloudtaskspb.OidcToken
	deadline time.Duration
}

// outcome is how an attempt ended.
type outcome struct {
	code       codes.Code
	http       int // status of the answer; 0 = there was none
	message    string
	retryAfter time.Duration
}

// newDelivery describes the next request of t. Server.mu is held.
func newDelivery(queueName string, t *task) delivery {
	req := t.pb.GetHttpRequest()
	headers := maps.Clone(req.GetHeaders())
	if headers == nil {
		headers = map[string]string{}
	}
	due := t.pb.GetScheduleTime().AsTime()
	headers["X-CloudTasks-QueueName"] = path.Base(queueName)
	headers["X-CloudTasks-TaskName"] = t.id
	headers["X-CloudTasks-TaskRetryCount"] = strconv.Itoa(int(t.pb.GetDispatchCount()) - 1)
	headers["X-CloudTasks-TaskExecutionCount"] = strconv.Itoa(t.executions)
	headers["X-CloudTasks-TaskETA"] = fmt.Sprintf("%d.%06d", due.Unix(), due.Nanosecond()/1000)
	if t.answered != 0 {
		headers["X-CloudTasks-TaskPreviousResponse"] = strconv.Itoa(t.answered)
	}
	return delivery{
		method:   req.GetHttpMethod().String(),
		url:      req.GetUrl(),
		body:     req.GetBody(),
		headers:  headers,
		oidc:     req.GetOidcToken(),
		deadline: t.pb.GetDispatchDeadline().AsDuration(),
	}
}

// send performs the request.
func (s *Server) send(ctx context.Context, d delivery) outcome {
	req, err := s.request(ctx, d)
	if err != nil {
		return unanswered(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return unanswered(err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	return answered(resp)
}

func (s *Server) request(ctx context.Context, d delivery) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, d.method, d.url, bytes.NewReader(d.body))
	if err != nil {
		return nil, err
	}
	for k, v := range d.headers {
		req.Header.Set(k, v)
	}
	req.Header.Set("User-Agent", "Google-Cloud-Tasks")
	if d.oidc == nil || s.options.Token == nil {
		return req, nil
	}
	audience := d.oidc.GetAudience()
	if audience == "" {
		audience = d.url
	}
	token, err := s.options.Token(d.oidc.GetServiceAccountEmail(), audience)
	if err != nil {
		return nil, fmt.Errorf("sign token for %s: %w", d.oidc.GetServiceAccountEmail(), err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return req, nil
}

func answered(resp *http.Response) outcome {
	o := outcome{code: codeOf(resp.StatusCode), http: resp.StatusCode, retryAfter: retryAfter(resp)}
	if o.code != codes.OK {
		o.message = fmt.Sprintf("%s(%d): HTTP status code %d", spelled(o.code), o.code, resp.StatusCode)
	}
	return o
}

func unanswered(err error) outcome {
	code := status.Code(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	case code == codes.Unknown:
		code = codes.Unavailable
	}
	return outcome{code: code, message: fmt.Sprintf("%s(%d): %v", spelled(code), code, err)}
}

// spelled is the name of c as Google's protos spell it: DEADLINE_EXCEEDED.
func spelled(c codes.Code) string {
	var b strings.Builder
	for i, r := range c.String() {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// codeOf is the google.rpc.Code that Cloud Tasks shows for a handler's answer.
func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.Aborted
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	case http.StatusInternalServerError:
		return codes.Internal
	case http.StatusNotImplemented:
		return codes.Unimplemented
	case http.StatusServiceUnavailable:
		return codes.Unavailable
	case http.StatusGatewayTimeout:
		return codes.DeadlineExceeded
	}
	if httpStatus/100 == 2 {
		return codes.OK
	}
	return codes.Unknown
}

// newClient returns a client that keeps many connections to one handler and,
// as Cloud Tasks, counts a redirect as an answer.
func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			MaxIdleConns:        1024,
			MaxIdleConnsPerHost: 256,
			IdleConnTimeout:     30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
