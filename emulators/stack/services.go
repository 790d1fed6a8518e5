package stack

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/caarlos0/env/v11"
	"golang.org/x/sync/errgroup"

	"lastmile/emulators/firestore"
	"lastmile/emulators/provider"
	"lastmile/emulators/pubsub"
	"lastmile/emulators/redis"
	"lastmile/emulators/tasks"
	"lastmile/functions/registry"
	"lastmile/shared/platform"
)

// The variables that name services, as Google's own tools have them.
const (
	varPubSub    = "PUBSUB_EMULATOR_HOST"
	varFirestore = "FIRESTORE_EMULATOR_HOST"
	varTasks     = "CLOUD_TASKS_EMULATOR_HOST"
	varRedis     = "REDIS_ADDR"
	varProject   = "GOOGLE_CLOUD_PROJECT"
)

// Variables are the variables of [Options.Environ].
func Variables() []string {
	return []string{varPubSub, varFirestore, varTasks, varRedis, varProject}
}

// RedisKind says which Redis runs, for people to read.
func (s *Stack) RedisKind() string {
	if s.Redis == nil {
		return ""
	}
	return " (" + s.Redis.Kind() + ")"
}

// startServices starts the emulators that Environ does not replace.
func (s *Stack) startServices(context.Context) error {
	given := env.ToMap(s.options.Environ)
	var g errgroup.Group
	start := func(variable string, f func() error) {
		if given[variable] == "" && !slices.Contains(s.options.Google, variable) {
			g.Go(f)
		}
	}
	start(varFirestore, s.startFirestore)
	start(varPubSub, s.startPubSub)
	start(varTasks, s.startTasks)
	start(varRedis, s.startRedis)
	g.Go(s.startProvider)
	err := g.Wait()
	s.closeServices()
	return err
}

// closeServices has what was started closed in an order that lets each finish:
// those that call functions first.
func (s *Stack) closeServices() {
	if s.Provider != nil {
		s.onClose(s.Provider.Close)
	}
	if s.Redis != nil {
		s.onClose(s.Redis.Close)
	}
	if s.Firestore != nil {
		s.onClose(s.Firestore.Close)
	}
	if s.Tasks != nil {
		s.onClose(s.Tasks.Close)
	}
	if s.PubSub != nil {
		s.onClose(s.PubSub.Close)
	}
}

// durable is where a service keeps its state; memory only unless the user named
// a folder.
func (s *Stack) durable(service string) string {
	if s.temporary {
		return ""
	}
	return filepath.Join(s.options.Dir, service)
}

func (s *Stack) startFirestore() (err error) {
	indexes, err := json.Marshal(registry.Indexes())
	if err != nil {
		return err
	}
	s.Firestore, err = firestore.Start(firestore.Options{Dir: s.durable("firestore"), Indexes: indexes})
	return err
}

func (s *Stack) startPubSub() (err error) {
	s.PubSub, err = pubsub.Start(pubsub.Options{Dir: s.durable("pubsub")})
	return err
}

func (s *Stack) startTasks() (err error) {
	s.Tasks, err = tasks.Start(tasks.Options{Dir: s.durable("tasks"), Now: s.options.Now})
	return err
}

func (s *Stack) startRedis() (err error) {
	o := redis.Options{Dir: s.durable("redis")}
	if s.options.EmbeddedRedis {
		o.Server = "embedded"
	}
	s.Redis, err = redis.Start(o)
	return err
}

func (s *Stack) startProvider() (err error) {
	s.Provider, err = provider.Start(s.options.Provider)
	return err
}

// configure makes the environment that functions read, as Cloud Run would set
// it.
func (s *Stack) configure(context.Context) error {
	s.Operator = rand.Text()
	private := filepath.Join(s.options.Dir, "private")
	secrets := filepath.Join(s.options.Dir, "secrets")
	for _, dir := range []string{private, secrets} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	environ := map[string]string{
		varProject:                "local",
		"FUNCTION_URL":            s.URL + "/functions/{function}",
		"PRIVATE_FILES_URL":       "file://" + private,
		"PUBLIC_FILES_URL":        "file://" + filepath.Join(s.options.Dir, "public"),
		"OBJECTS_URL":             s.URL + "/objects",
		"FILES_KEY":               rand.Text(),
		"SECRETS_DIR":             secrets,
		"OPERATOR_TOKEN":          s.Operator,
		"OIDC_ISSUERS":            s.front.issuer.Trusted(),
		"ALLOW_PRIVATE_PROVIDERS": "true",
		"PUSH":                    platform.PushLocal,
	}
	if s.Firestore != nil {
		environ[varFirestore] = s.Firestore.Addr()
	}
	if s.PubSub != nil {
		environ[varPubSub] = s.PubSub.Addr()
	}
	if s.Tasks != nil {
		environ[varTasks] = s.Tasks.Addr()
	}
	if s.Redis != nil {
		environ[varRedis] = s.Redis.Addr()
	}
	lines := make([]string, 0, len(environ)+len(s.options.Environ))
	for k, v := range environ {
		lines = append(lines, k+"="+v)
	}
	s.Environ = append(lines, s.options.Environ...)
	var err error
	s.Config, err = platform.ReadConfig(s.Environ)
	if err != nil {
		return err
	}
	return errors.Join(s.makeKeys(), s.SetSecret(provider.Secret, s.Provider.Key()), s.SetSecret("campaign-confirmation", rand.Text()))
}

// SetSecret mounts a secret in every function.
func (s *Stack) SetSecret(name, value string) error {
	if err := os.WriteFile(filepath.Join(s.Config.Secrets, name), []byte(value), 0o600); err != nil {
		return fmt.Errorf("secret %s: %w", name, err)
	}
	return nil
}
