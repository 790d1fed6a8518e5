package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/fcm/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"lastmile/shared/realtime"
)

// FCM is the Driver of Firebase Cloud Messaging, which reaches Android, iOS and
// browsers. It speaks its HTTP v1 API by the client that Google generates: that
// is in this module already, and signs in as the service does.
type FCM struct {
	project string
	options []option.ClientOption
	pause   time.Duration // before the second try

	mu      sync.Mutex
	service *fcm.Service // guarded by mu; nil until it is first needed
}

// NewFCM returns the FCM of a Google Cloud project. It connects when it is first
// needed, as the options say.
func NewFCM(project string, o ...option.ClientOption) *FCM {
	return &FCM{project: project, options: o, pause: 200 * time.Millisecond}
}

const (
	fcmTries   = 3
	fcmTimeout = 5 * time.Second // of one try
	maxPayload = 3 << 10         // of FCM's 4 KiB; a larger payload stays away, and the app fetches
)

// Send implements [Driver].
func (f *FCM) Send(ctx context.Context, to Device, id string, n realtime.Notice) error {
	service, err := f.open(ctx)
	if err != nil {
		return fmt.Errorf("open fcm: %w", err)
	}
	request := &fcm.SendMessageRequest{Message: message(to, id, n, time.Now())}
	for try := 1; ; try++ {
		err := f.try(ctx, service, request)
		var busy *googleapi.Error
		again := err != nil && (!errors.As(err, &busy) || busy.Code == http.StatusTooManyRequests || busy.Code >= 500)
		if !again || try == fcmTries {
			return verdict(err)
		}
		if !pause(ctx, f.pause<<(try-1)) {
			return ctx.Err()
		}
	}
}

func (f *FCM) open(ctx context.Context) (*fcm.Service, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.service != nil {
		return f.service, nil
	}
	s, err := fcm.NewService(context.WithoutCancel(ctx), f.options...)
	if err == nil {
		f.service = s
	}
	return s, err
}

func (f *FCM) try(ctx context.Context, s *fcm.Service, r *fcm.SendMessageRequest) error {
	ctx, cancel := context.WithTimeout(ctx, fcmTimeout)
	defer cancel()
	_, err := s.Projects.Messages.Send("projects/"+f.project, r).Context(ctx).Do()
	return err
}

// pause waits for d to twice that, so that not all come back at once.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d + rand.N(d+1)):
		return true
	case <-ctx.Done():
		return false
	}
}

// verdict tells a device that is gone from a service that is: FCM answers 404
// UNREGISTERED for an app that was removed, and 400 for a token that never was one.
func verdict(err error) error {
	var answer *googleapi.Error
	if !errors.As(err, &answer) {
		return err
	}
	unregistered := answer.Code == http.StatusNotFound && strings.Contains(answer.Body, "UNREGISTERED")
	badToken := answer.Code == http.StatusBadRequest && strings.Contains(answer.Body, "message.token")
	if unregistered || badToken {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// message says the same to every platform: show the text, in place of an earlier
// one of the same id, while it is of use.
func message(to Device, id string, n realtime.Notice, now time.Time) *fcm.Message {
	life := time.Hour
	if !n.Until.IsZero() {
		life = max(n.Until.Sub(now), 0)
	}
	seconds := strconv.Itoa(int(life.Seconds()))
	return &fcm.Message{
		Token:        string(to.Token),
		Notification: &fcm.Notification{Body: n.Text},
		Data:         payload(id, n),
		Android:      &fcm.AndroidConfig{Priority: "HIGH", Ttl: seconds + "s", Notification: &fcm.AndroidNotification{Tag: id}},
		Apns: &fcm.ApnsConfig{Headers: map[string]string{
			"apns-collapse-id": id, "apns-priority": "10", "apns-expiration": strconv.FormatInt(now.Add(life).Unix(), 10),
		}},
		Webpush: &fcm.WebpushConfig{
			Headers:      map[string]string{"Topic": id, "TTL": seconds, "Urgency": "high"},
			Notification: tag(id),
		},
	}
}

func tag(id string) googleapi.RawMessage {
	return googleapi.RawMessage(`{"tag":` + strconv.Quote(id) + `}`)
}

func payload(id string, n realtime.Notice) map[string]string {
	data := map[string]string{"id": id, "kind": n.Kind}
	if len(n.Data) > 0 && len(n.Data) <= maxPayload && json.Valid(n.Data) {
		data["data"] = string(n.Data)
	}
	return data
}
