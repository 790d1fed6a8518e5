package auth_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"lastmile/shared/auth"
)

// world is a platform's sessions with fakes beneath that can fail.
type world struct {
	now     time.Time
	ring    auth.Ring
	account auth.Account

	mu       sync.Mutex
	sessions map[string]auth.Session // guarded by mu
	cached   map[string]auth.Session // guarded by mu; nil is a Redis without memory
	agreed   map[string]string       // guarded by mu
	revoked  map[string]time.Time    // guarded by mu; nil is forgotten
	storeErr error
	cacheErr error
}

var errDown = errors.New("down")

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), sessions: map[string]auth.Session{}}
	w.forget()
	w.rotate(1)
	return w
}

func (w *world) rotate(n byte) {
	w.ring = w.ring.Rotated(w.now, [ed25519.SeedSize]byte{n}, auth.Standard(w))
}

func (w *world) forget() {
	w.cached, w.agreed, w.revoked = map[string]auth.Session{}, map[string]string{}, nil
}

// process returns the sessions as another process has them.
func (w *world) process() *auth.Sessions {
	clock := func() time.Time { return w.now }
	keys := auth.NewKeys(func(context.Context) (string, error) {
		text, err := json.Marshal(w.ring)
		return string(text), err
	}, clock)
	return auth.NewSessions(auth.Standard(w), keys, store{w}, cache{w}, auth.Options{Now: clock})
}

func (w *world) Load(context.Context, auth.Entity, string) (auth.Account, error) {
	return w.account, w.storeErr
}

type store struct{ *world }

func (s store) Create(_ context.Context, x auth.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[x.ID] = x
	return s.storeErr
}

func (s store) Get(_ context.Context, id string) (auth.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.sessions[id]
	if !ok && s.storeErr == nil {
		return x, auth.ErrNoSession
	}
	return x, s.storeErr
}

func (s store) Of(_ context.Context, e auth.Entity, subject string, _ time.Time, _ int) (found []auth.Session, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.Entity == e && x.Subject == subject && x.Revoked.IsZero() {
			found = append(found, x)
		}
	}
	return found, s.storeErr
}

func (s store) Revoke(_ context.Context, at time.Time, ids ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		x := s.sessions[id]
		x.Revoked = at
		s.sessions[id] = x
	}
	return s.storeErr
}

func (s store) RevokedSince(_ context.Context, t time.Time) (map[string]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]time.Time{}
	for id, x := range s.sessions {
		if x.Revoked.After(t) {
			found[id] = x.Revoked
		}
	}
	return found, s.storeErr
}

type cache struct{ *world }

func (c cache) Get(_ context.Context, id string) (auth.Session, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x, ok := c.cached[id]
	if !ok && c.cacheErr == nil {
		return x, "", auth.ErrNoSession
	}
	return x, c.agreed[id], c.cacheErr
}

func (c cache) Keep(_ context.Context, x auth.Session) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cached[x.ID] = x
	return c.cacheErr
}

func (c cache) Agree(_ context.Context, id, token string, _ time.Duration) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if first, ok := c.agreed[id]; ok {
		return first, c.cacheErr
	}
	c.agreed[id] = token
	return token, c.cacheErr
}

func (c cache) Revoke(_ context.Context, at time.Time, ids ...string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		delete(c.cached, id)
		if c.revoked != nil {
			c.revoked[id] = at
		}
	}
	return c.cacheErr
}

func (c cache) RevokedSince(context.Context, time.Time) (map[string]time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cacheErr == nil && c.revoked == nil {
		return nil, auth.ErrForgotten
	}
	return maps.Clone(c.revoked), c.cacheErr
}

func (c cache) Remember(_ context.Context, revoked map[string]time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revoked = maps.Clone(revoked)
	return c.cacheErr
}

func begin(t *testing.T, s *auth.Sessions) auth.Grant {
	t.Helper()
	g, err := s.Begin(t.Context(), auth.Courier, "7", "test")
	require.NoError(t, err)
	return g
}

func TestAForgedTokenIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	good := begin(t, s).Pass.Token
	_, err := s.Check(t.Context(), good)
	require.NoError(t, err)
	key := ed25519.NewKeyFromSeed(w.ring.Keys[0].Seed)
	kid := w.ring.Keys[0].ID
	sign := func(method jwt.SigningMethod, key any, kid string, change func(jwt.MapClaims)) string {
		c := jwt.MapClaims{
			"iss": "lastmile", "aud": "lastmile-api", "sub": "courier:7", "sid": "x",
			"iat": w.now.Unix(), "exp": w.now.Add(time.Minute).Unix(),
		}
		change(c)
		token := jwt.NewWithClaims(method, c)
		token.Header["kid"] = kid
		text, err := token.SignedString(key)
		require.NoError(t, err)
		return text
	}
	same := func(jwt.MapClaims) {}
	parts := strings.Split(good, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	tampered := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(body), "courier:7", "courier:8", 1)))
	for name, token := range map[string]string{
		"no token":                          "guess",
		"three empty parts":                 "..",
		"another subject":                   parts[0] + "." + tampered + "." + parts[2],
		"no signature":                      parts[0] + "." + parts[1] + ".",
		"no algorithm":                      sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, same),
		"the public key as a shared one":    sign(jwt.SigningMethodHS256, w.ring.Keys[0].Public, kid, same),
		"a key that is not known":           sign(jwt.SigningMethodEdDSA, key, "other", same),
		"another audience":                  sign(jwt.SigningMethodEdDSA, key, kid, func(c jwt.MapClaims) { c["aud"] = "other" }),
		"another issuer":                    sign(jwt.SigningMethodEdDSA, key, kid, func(c jwt.MapClaims) { c["iss"] = "other" }),
		"no session":                        sign(jwt.SigningMethodEdDSA, key, kid, func(c jwt.MapClaims) { delete(c, "sid") }),
		"no expiry":                         sign(jwt.SigningMethodEdDSA, key, kid, func(c jwt.MapClaims) { delete(c, "exp") }),
		"from the future":                   sign(jwt.SigningMethodEdDSA, key, kid, func(c jwt.MapClaims) { c["iat"] = w.now.Add(time.Hour).Unix() }),
		"expired, of a session that is not": sign(jwt.SigningMethodEdDSA, key, kid, func(c jwt.MapClaims) { c["exp"] = w.now.Add(-time.Hour).Unix() }),
		"too long":                          strings.Repeat("a", 1<<20),
		"a handle that nobody has":          "lms_guess",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Check(t.Context(), token)
			require.ErrorIs(t, err, auth.ErrRefused)
		})
	}
}

func TestAnExpiredTokenIsRenewed(t *testing.T) {
	w := newWorld(t)
	g := begin(t, w.process())
	w.now = w.now.Add(24 * time.Hour)
	for name, bearer := range map[string]string{"by the token": g.Pass.Token, "by the handle": g.Handle} {
		t.Run(name, func(t *testing.T) {
			p, err := w.process().Check(t.Context(), bearer)
			require.NoError(t, err)
			require.True(t, p.Renewed)
			require.Equal(t, g.Pass.Caller, p.Caller)
			require.True(t, p.Expires.After(w.now))
			again, err := w.process().Check(t.Context(), p.Token)
			require.NoError(t, err)
			require.False(t, again.Renewed)
		})
	}
	w.now = w.now.Add(30 * 24 * time.Hour)
	_, err := w.process().Check(t.Context(), g.Handle)
	require.ErrorIs(t, err, auth.ErrRefused, "the session is over")
}

func TestRenewalsAgree(t *testing.T) {
	for name, cacheErr := range map[string]error{"with Redis": nil, "without": errDown} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := begin(t, w.process())
			w.now = w.now.Add(time.Hour)
			w.cacheErr = cacheErr
			processes := []*auth.Sessions{w.process(), w.process(), w.process()}
			tokens := make([]string, 100)
			var all sync.WaitGroup
			for i := range tokens {
				all.Go(func() {
					p, err := processes[i%len(processes)].Check(t.Context(), g.Pass.Token)
					if err == nil {
						tokens[i] = p.Token
					}
				})
			}
			all.Wait()
			for _, token := range tokens {
				require.NotEmpty(t, token)
				require.Equal(t, tokens[0], token)
			}
		})
	}
}

func TestARevokedSessionIsRefusedEverywhere(t *testing.T) {
	for name, lose := range map[string]func(*world){
		"while all is well":               func(*world) {},
		"after Redis has lost its memory": func(w *world) { w.forget() },
		"while Redis is down":             func(w *world) { w.cacheErr = errDown },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			here, there := w.process(), w.process()
			g, other := begin(t, here), begin(t, here)
			_, err := there.Check(t.Context(), g.Pass.Token)
			require.NoError(t, err)
			require.NoError(t, here.Revoke(t.Context(), g.Session))
			lose(w)
			_, err = here.Check(t.Context(), g.Pass.Token)
			require.ErrorIs(t, err, auth.ErrRefused)
			w.now = w.now.Add(auth.RevokedWithin)
			for _, bearer := range []string{g.Pass.Token, g.Handle} {
				_, err = there.Check(t.Context(), bearer)
				require.ErrorIs(t, err, auth.ErrRefused)
			}
			_, err = there.Check(t.Context(), other.Pass.Token)
			require.NoError(t, err, "others go on")
			w.now = w.now.Add(time.Hour)
			_, err = there.Check(t.Context(), g.Pass.Token)
			require.ErrorIs(t, err, auth.ErrRefused, "an expired token of it is not renewed")
		})
	}
}

func TestWhatGoesOnWhileServicesAreDown(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	g := begin(t, s)
	_, err := s.Check(t.Context(), g.Pass.Token)
	require.NoError(t, err)
	w.storeErr, w.cacheErr = errDown, errDown
	w.now = w.now.Add(30 * time.Second)
	_, err = s.Check(t.Context(), g.Pass.Token)
	require.NoError(t, err, "a token is trusted for a minute")
	w.now = w.now.Add(time.Minute)
	_, err = s.Check(t.Context(), g.Pass.Token)
	require.ErrorIs(t, err, auth.ErrUnavailable, "and then it is not")
	w.cacheErr = nil
	w.now = w.now.Add(time.Hour)
	_, err = s.Check(t.Context(), g.Pass.Token)
	require.ErrorIs(t, err, auth.ErrUnavailable, "a renewal needs the account")
	w.storeErr = nil
	w.now = w.now.Add(time.Minute)
	_, err = s.Check(t.Context(), g.Pass.Token)
	require.NoError(t, err)
}

func TestADisabledAccountIsNotRenewed(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	g := begin(t, s)
	w.account.Disabled = true
	w.now = w.now.Add(time.Hour)
	_, err := s.Check(t.Context(), g.Pass.Token)
	require.ErrorIs(t, err, auth.ErrRefused)
	_, err = s.Begin(t.Context(), auth.Courier, "7", "")
	require.ErrorIs(t, err, auth.ErrRefused)
}

func TestKeysRotateUnderTraffic(t *testing.T) {
	w := newWorld(t)
	processes := []*auth.Sessions{w.process(), w.process()}
	g := begin(t, processes[0])
	token := g.Pass.Token
	for step := range 40 {
		if step%10 == 0 {
			w.rotate(byte(step + 2))
		}
		w.now = w.now.Add(3 * time.Minute)
		p, err := processes[step%2].Check(t.Context(), token)
		require.NoError(t, err)
		token = p.Token
	}
	old, err := w.process().Check(t.Context(), g.Pass.Token)
	require.NoError(t, err, "a token of a key that signs no more is renewed")
	require.NotEqual(t, g.Pass.Token, old.Token)
	set, err := processes[0].Keys(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, set.Keys)
	for _, k := range set.Keys {
		require.Equal(t, "EdDSA", k.Algorithm)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("a.b.c")
	f.Add("lms_")
	f.Add("eyJhbGciOiJFZERTQSIsImtpZCI6IngifQ.e30.")
	w := &world{now: time.Unix(1.8e9, 0), sessions: map[string]auth.Session{}}
	w.forget()
	w.rotate(1)
	s := w.process()
	f.Fuzz(func(t *testing.T, token string) {
		_, err := s.Check(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrRefused)
	})
}

func BenchmarkCheck(b *testing.B) {
	w := &world{now: time.Unix(1.8e9, 0), sessions: map[string]auth.Session{}}
	w.forget()
	w.rotate(1)
	s := w.process()
	g, err := s.Begin(b.Context(), auth.Courier, "7", "")
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Check(b.Context(), g.Pass.Token); err != nil {
			b.Fatal(err)
		}
	}
}
