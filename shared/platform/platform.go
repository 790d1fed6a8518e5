// Package platform opens what a function stands on.
//
// It owns the configuration and the connections. A connection is opened when it
// is first asked for, once, and closed by [Platform.Close]; so a function pays
// only for what it uses.
package platform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/auth"
	"lastmile/shared/bus"
	"lastmile/shared/docs"
	"lastmile/shared/files"
	"lastmile/shared/logs"
	"lastmile/shared/logs/logsdb"
	"lastmile/shared/realtime"
	"lastmile/shared/timer"
)

// Platform is what one function or gateway stands on. It is safe for concurrent
// use.
type Platform struct {
	Config Config
	Logs   *logs.Logs

	// Now is the clock of what is due; whoever sets another does so first of all.
	Now func() time.Time

	bus    once[*bus.Bus]
	docs   once[*docs.DB]
	timers once[*timer.Queue]
	redis  once[*redis.Client]

	privateFiles, publicFiles once[*files.Bucket]

	sessions once[*auth.Sessions]

	mu     sync.Mutex
	closes []func() error // guarded by mu; in the order of opening

	limited bool     // guarded by mu, as the next two
	topics  []string // that may be published to; nil is any
	allowed []Resource
}

// New returns a Platform that has opened nothing yet. Its records are written as
// o says, and kept in Firestore.
func New(c Config, o logs.Options) *Platform {
	p := &Platform{Config: c, Now: time.Now}
	o.Project = c.Project
	o.SlowAfter = c.SlowCalls
	o.Retention = c.LogRetention
	n := newNews(logsdb.New(p.Docs), p.sockets)
	p.onClose(n.close)
	o.Store = n
	p.Logs = logs.New(o)
	return p
}

// Log is the logger of the platform's records.
func (p *Platform) Log() *slog.Logger { return p.Logs.Logger() }

// Bus returns the connection to Pub/Sub.
func (p *Platform) Bus() (*bus.Bus, error) {
	return p.bus.open(func() (*bus.Bus, error) {
		p.mu.Lock()
		topics := p.topics
		p.mu.Unlock()
		b, err := bus.Open(context.Background(), bus.Options{Project: p.Config.Project, EmulatorHost: p.Config.PubSubEmulator, Topics: topics})
		if err != nil {
			return nil, err
		}
		p.onClose(b.Close)
		return b, nil
	})
}

// Docs returns the connection to Firestore, whose events go to the bus.
func (p *Platform) Docs() (*docs.DB, error) {
	return p.docs.open(func() (*docs.DB, error) {
		b, err := p.Bus()
		if err != nil {
			return nil, err
		}
		db, err := docs.Open(context.Background(), docs.Options{
			Project:      p.Config.Project,
			Database:     p.Config.Database,
			EmulatorHost: p.Config.FirestoreEmulator,
			Publisher:    b,
			Log:          p.Log(),
		})
		if err != nil {
			return nil, err
		}
		p.onClose(db.Close)
		return db, nil
	})
}

// Timers returns the connection to Cloud Tasks.
func (p *Platform) Timers() (*timer.Queue, error) {
	return p.timers.open(func() (*timer.Queue, error) {
		q, err := timer.Open(context.Background(), timer.Options{
			Project:        p.Config.Project,
			Region:         p.Config.Region,
			EmulatorHost:   p.Config.TasksEmulator,
			URL:            p.Config.URL,
			ServiceAccount: p.Config.TimerAccount,
			Now:            p.Now,
		})
		if err != nil {
			return nil, err
		}
		p.onClose(q.Close)
		return q, nil
	})
}

// Redis returns the connection to Redis.
func (p *Platform) Redis() (*redis.Client, error) {
	return p.redis.open(func() (*redis.Client, error) {
		if err := p.check(Redis); err != nil {
			return nil, err
		}
		o, err := p.Config.RedisOptions()
		if err != nil {
			return nil, err
		}
		c := redis.NewClient(o)
		c.AddHook(meter{})
		p.onClose(c.Close)
		return c, nil
	})
}

// sockets returns the way to those who are connected.
func (p *Platform) sockets(ctx context.Context) (audience, error) {
	client, err := p.Redis()
	if err != nil {
		return nil, err
	}
	return realtime.NewPublisher(ctx, client, nil, realtime.Options{})
}

// ErrNoSecret is returned for a secret that is not mounted, or that nobody has filled.
var ErrNoSecret = errors.New("no such secret")

// unset is what Terraform puts into a secret until somebody fills it.
const unset = "unset"

// Secret returns the value of a secret, mounted as a file of its name or, as Cloud
// Run has it where there are several, as the file value in a folder of its name. It
// is read anew each time, so that a rotated one takes effect.
func (p *Platform) Secret(_ context.Context, name string) (string, error) {
	root, err := os.OpenRoot(p.Config.Secrets)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	defer root.Close()
	value, err := root.ReadFile(name + "/value")
	if err != nil {
		value, err = root.ReadFile(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s; mount it in %s", ErrNoSecret, name, p.Config.Secrets)
	}
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", name, err)
	}
	text := strings.TrimSpace(string(value))
	if text == "" || text == unset {
		return "", fmt.Errorf("%w: %s has no value yet; put one in with scripts/rotate", ErrNoSecret, name)
	}
	return text, nil
}

// ProviderSecret is [Platform.Secret] for a name that a catalogue's settings give.
func (p *Platform) ProviderSecret(ctx context.Context, name string) (string, error) {
	if err := p.check(ProviderSecrets); err != nil {
		return "", err
	}
	return p.Secret(ctx, name)
}

// Close closes what was opened, last first, and then the logs.
func (p *Platform) Close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.Logs.Close(ctx)
	for i := len(p.closes) - 1; i >= 0; i-- {
		err = errors.Join(err, p.closes[i]())
	}
	return err
}

func (p *Platform) onClose(f func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closes = append(p.closes, f)
}

// once opens a connection once it can be opened.
type once[T any] struct {
	mu   sync.Mutex
	done bool // guarded by mu
	v    T    // guarded by mu
}

func (o *once[T]) open(f func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return o.v, nil
	}
	v, err := f()
	if err == nil {
		o.v, o.done = v, true
	}
	return v, err
}
