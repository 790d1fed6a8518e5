package tasks_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/tasks"
)

// holding is a handler that tells of each request and waits to be told its answer.
func holding(t *testing.T) (url string, entered chan string, answer chan int) {
	entered, answer = make(chan string), make(chan int)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- r.URL.Path
		w.WriteHeader(<-answer)
	}))
	t.Cleanup(h.Close)
	return h.URL, entered, answer
}

func TestATaskInFlightThatIsNoLongerWantedIsNotRetried(t *testing.T) {
	for name, end := range map[string]func(*rig) error{
		"deleted": func(r *rig) error {
			return r.client.DeleteTask(r.t.Context(), &cloudtaskspb.DeleteTaskRequest{Name: queue + "/tasks/a"})
		},
		"purged": func(r *rig) error {
			_, err := r.client.PurgeQueue(r.t.Context(), &cloudtaskspb.PurgeQueueRequest{Name: queue})
			return err
		},
		"its queue deleted": func(r *rig) error {
			return r.client.DeleteQueue(r.t.Context(), &cloudtaskspb.DeleteQueueRequest{Name: queue})
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
			url, entered, answer := holding(t)
			r.mustCreate("a", url, 0)
			<-entered
			require.NoError(t, end(r))
			answer <- http.StatusInternalServerError
			r.idle()
			r.advance(time.Hour)
			require.Empty(t, r.Pending())
			require.Equal(t, 1, r.Stats().Dispatched)
		})
	}
}

func TestATaskRunTwiceAtOnceEndsWithTheFirstSuccess(t *testing.T) {
	r := newRig(t, tasks.Options{}, &cloudtaskspb.Queue{})
	url, entered, answer := holding(t)
	r.mustCreate("a", url, 0)
	<-entered
	_, err := r.client.RunTask(t.Context(), &cloudtaskspb.RunTaskRequest{Name: queue + "/tasks/a"})
	require.NoError(t, err)
	<-entered
	answer <- http.StatusOK
	answer <- http.StatusInternalServerError
	r.idle()
	r.advance(time.Hour)
	require.Empty(t, r.Pending())
	require.Equal(t, 2, r.Stats().Dispatched)
}

func TestAKilledServerLosesNothingAcknowledged(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	first := newRig(t, tasks.Options{Dir: dir}, &cloudtaskspb.Queue{})
	url, entered, answer := holding(t)
	first.mustCreate("flying", url+"/flying", 0)
	<-entered
	first.mustCreate("waiting", url+"/waiting", time.Hour)
	state, err := os.ReadFile(filepath.Join(dir, "tasks.db"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(copied, "tasks.db"), state, 0o600))
	answer <- http.StatusOK

	second := newRig(t, tasks.Options{Dir: copied, Now: first.clock.Now}, nil)
	require.Equal(t, "/flying", <-entered, "what was in flight is sent again")
	answer <- http.StatusOK
	second.idle()
	require.Len(t, second.Pending(), 1)
	_, err = second.create("waiting", url, 0)
	require.Equal(t, codes.AlreadyExists, status.Code(err))
}

func TestOIDC(t *testing.T) {
	create := func(r *rig, url string, token *cloudtaskspb.OidcToken) {
		_, err := r.client.CreateTask(t.Context(), &cloudtaskspb.CreateTaskRequest{Parent: queue, Task: &cloudtaskspb.Task{
			MessageType: &cloudtaskspb.Task_HttpRequest{HttpRequest: &cloudtaskspb.HttpRequest{
				Url: url, AuthorizationHeader: &cloudtaskspb.HttpRequest_OidcToken{OidcToken: token},
			}},
		}})
		require.NoError(t, err)
		r.idle()
	}
	sign := func(email, audience string) (string, error) { return email + "|" + audience, nil }
	for name, tc := range map[string]struct {
		sign  func(email, audience string) (string, error)
		token *cloudtaskspb.OidcToken
		want  string // + stands for the handler's URL
	}{
		"the token is for the account and the audience":  {sign, &cloudtaskspb.OidcToken{ServiceAccountEmail: "a@p", Audience: "aud"}, "Bearer a@p|aud"},
		"without an audience it is for the URL":          {sign, &cloudtaskspb.OidcToken{ServiceAccountEmail: "a@p"}, "Bearer a@p|+"},
		"without a signer the task goes without a token": {nil, &cloudtaskspb.OidcToken{ServiceAccountEmail: "a@p"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tasks.Options{Token: tc.sign}, &cloudtaskspb.Queue{})
			h := newHandler(t, r.clock.Now)
			create(r, h.URL, tc.token)
			require.Equal(t, strings.ReplaceAll(tc.want, "+", h.URL), h.seen()[0].header.Get("Authorization"))
		})
	}
	t.Run("a task that cannot be signed is tried again", func(t *testing.T) {
		fails := true
		r := newRig(t, tasks.Options{Token: func(string, string) (string, error) {
			if fails {
				fails = false
				return "", errors.New("no key")
			}
			return "signed", nil
		}}, &cloudtaskspb.Queue{})
		h := newHandler(t, r.clock.Now)
		create(r, h.URL, &cloudtaskspb.OidcToken{ServiceAccountEmail: "a@p"})
		require.Empty(t, h.seen())
		r.advance(time.Minute)
		require.Equal(t, "Bearer signed", h.seen()[0].header.Get("Authorization"))
	})
}
