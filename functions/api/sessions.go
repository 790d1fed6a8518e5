package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
	"lastmile/shared/realtime"
)

// Sessions are the routes by which callers sign in and out.
type Sessions struct {
	SignIn   *auth.SignIn
	Sessions *auth.Sessions
	Sockets  *sockets
}

// sessionsOf builds the resource.
func sessionsOf(p *platform.Opener) Sessions {
	issuers, err := auth.ParseIssuers(p.Config.Issuers)
	p.Fail(err)
	sessions := p.Sessions()
	return Sessions{
		Sessions: sessions,
		Sockets:  &sockets{platform: p.Platform},
		SignIn:   &auth.SignIn{Verifier: auth.NewIdentities(issuers...), Directory: authdb.New(p.Docs()), Sessions: sessions},
	}
}

func (r Sessions) register(api huma.API) {
	const path = "/v1/sessions"
	tags := []string{"sessions"}
	known := admits(auth.Customer, auth.Courier, auth.Merchant, auth.Operator, auth.Service)
	handle(api, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: path, Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Exchange an identity for a session", Security: open(), Errors: []int{http.StatusUnauthorized},
		Extensions: map[string]any{tripsField: 6}, // the identity, the account, the session and the cache; a sign-up two more
	}, r.begin)
	handle(api, huma.Operation{
		OperationID: "list-sessions", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "List the caller's sessions, the newest first; operators may list anybody's", Security: known,
	}, r.list)
	handle(api, huma.Operation{
		OperationID: "revoke-session", Method: http.MethodDelete, Path: path + "/{session}", Tags: tags,
		Summary: "End a session of the caller; operators may end anybody's", Security: known,
		Extensions: map[string]any{tripsField: 8}, // the session and its sockets
	}, r.revoke)
	handle(api, huma.Operation{
		OperationID: "revoke-sessions", Method: http.MethodDelete, Path: path, Tags: tags,
		Summary: "End all sessions of the caller; operators may end anybody's", Security: known,
		Extensions: map[string]any{tripsField: 34}, // three for each two hundred, and the sockets
	}, r.revokeAll)
	handle(api, huma.Operation{
		OperationID: "keys", Method: http.MethodGet, Path: "/.well-known/jwks.json", Tags: tags,
		Summary: "The public keys of access tokens", Security: open(),
	}, r.keys)
}

// BeginSession asks for a session.
type BeginSession struct {
	Agent string `header:"User-Agent" hidden:"true"`
	Body  struct {
		Identity string      `json:"identity" maxLength:"8192" doc:"an OIDC identity token of a trusted issuer"`
		Entity   auth.Entity `json:"entity" enum:"customer,courier,merchant,operator,service" doc:"as whom to sign in"`
	}
}

type sessionBegun struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Session auth.Session `json:"session"`
		Token   string       `json:"token" doc:"the access token: send it as Authorization: Bearer. After it has expired, an answer brings the next one as X-Renewed-Token"`
		Expires time.Time    `json:"expires" doc:"when the access token does"`
		Handle  string       `json:"handle" doc:"a secret that may be sent in place of the token for as long as the session lasts; it is shown only here"`
	}
}

func (r Sessions) begin(ctx context.Context, in *BeginSession) (*sessionBegun, error) {
	grant, err := r.SignIn.Exchange(ctx, in.Body.Identity, in.Body.Entity, in.Agent)
	if err != nil {
		return nil, sessionProblem(err)
	}
	out := &sessionBegun{CacheControl: "no-store"}
	out.Body.Session, out.Body.Handle = grant.Session, grant.Handle
	out.Body.Token, out.Body.Expires = grant.Pass.Token, grant.Pass.Expires
	return out, nil
}

// sessionProblem is the answer to an error of shared/auth.
func sessionProblem(err error) error {
	switch {
	case errors.Is(err, auth.ErrRefused):
		return huma.Error401Unauthorized(err.Error())
	case errors.Is(err, auth.ErrNoSession):
		return huma.Error404NotFound("there is no such session")
	}
	return err
}

// OfCaller is the part of a request that names whose sessions are meant.
type OfCaller struct {
	Entity auth.Entity `query:"entity" enum:"customer,courier,merchant,operator,service" doc:"operators only: whose; the caller's own without it"`
	ID     string      `query:"id" maxLength:"128" doc:"operators only: with entity"`
}

// whose is the entity that is meant: what others than operators ask for is not
// regarded.
func (in OfCaller) whose(ctx context.Context) (auth.Entity, string) {
	c := auth.From(ctx)
	if c.Entity == auth.Operator && in.Entity != "" {
		return in.Entity, in.ID
	}
	return c.Entity, c.ID
}

type sessionList struct {
	Body struct {
		Sessions []auth.Session `json:"sessions"`
		Current  string         `json:"current,omitempty" doc:"the session of this call"`
	}
}

func (r Sessions) list(ctx context.Context, in *OfCaller) (*sessionList, error) {
	e, id := in.whose(ctx)
	found, err := r.Sessions.List(ctx, e, id)
	if err != nil {
		return nil, sessionProblem(err)
	}
	out := &sessionList{}
	out.Body.Sessions, out.Body.Current = append([]auth.Session{}, found...), auth.From(ctx).Session
	return out, nil
}

// InSession names a session.
type InSession struct {
	Session string `path:"session" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$"`
}

func (r Sessions) revoke(ctx context.Context, in *InSession) (*struct{}, error) {
	session, err := r.Sessions.Get(ctx, in.Session)
	c := auth.From(ctx)
	if err == nil && c.Entity != auth.Operator && !c.Is(session.Entity, session.Subject) {
		err = auth.ErrNoSession
	}
	if err == nil && session.Revoked.IsZero() {
		err = r.Sessions.Revoke(ctx, session)
		r.disconnect(ctx, session.Entity, session.Subject, session.ID)
	}
	return nil, sessionProblem(err)
}

// disconnect closes the sockets of a session, or all of an entity's. Where it
// cannot, gateways notice within seconds that the session has ended.
func (r Sessions) disconnect(ctx context.Context, e auth.Entity, id, session string) {
	to, err := r.Sockets.open(ctx)
	if err == nil {
		err = to.Disconnect(ctx, realtime.Client(string(e), id), session, "signed out")
	}
	if err != nil {
		logs.Add(ctx, slog.String("sockets", "not closed at once: "+err.Error()))
	}
}

// end ends all sessions of an entity, and closes its sockets.
func (r Sessions) end(ctx context.Context, e auth.Entity, id string) error {
	_, err := r.Sessions.RevokeAll(ctx, e, id)
	r.disconnect(ctx, e, id, "")
	return sessionProblem(err)
}

type revokedSessions struct {
	Body struct {
		Revoked int `json:"revoked"`
	}
}

func (r Sessions) revokeAll(ctx context.Context, in *OfCaller) (*revokedSessions, error) {
	e, id := in.whose(ctx)
	n, err := r.Sessions.RevokeAll(ctx, e, id)
	r.disconnect(ctx, e, id, "")
	if err != nil {
		return nil, sessionProblem(err)
	}
	out := &revokedSessions{}
	out.Body.Revoked = n
	return out, nil
}

type keysAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         auth.JWKS
}

// keysFresh is shorter than a new key waits before it signs.
const keysFresh = "public, max-age=300"

func (r Sessions) keys(ctx context.Context, _ *struct{}) (*keysAnswer, error) {
	set, err := r.Sessions.Keys(ctx)
	return &keysAnswer{CacheControl: keysFresh, Body: set}, sessionProblem(err)
}
