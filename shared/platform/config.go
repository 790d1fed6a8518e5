package platform

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"lastmile/shared/logs"
)

// Config is everything that a function or the gateway is told by its
// environment. The same variables as Google's own tools use name the emulators.
type Config struct {
	Project string `env:"GOOGLE_CLOUD_PROJECT,required,notEmpty"`
	Region  string `env:"GOOGLE_CLOUD_REGION" envDefault:"us-central1"`

	// Database is Firestore's; empty for the default one.
	Database string `env:"FIRESTORE_DATABASE"`

	PubSubEmulator    string `env:"PUBSUB_EMULATOR_HOST"`
	FirestoreEmulator string `env:"FIRESTORE_EMULATOR_HOST"`
	TasksEmulator     string `env:"CLOUD_TASKS_EMULATOR_HOST"`

	// Redis is host:port of Memorystore.
	Redis     string      `env:"REDIS_ADDR,required,notEmpty"`
	RedisAuth logs.Secret `env:"REDIS_AUTH"`
	RedisTLS  bool        `env:"REDIS_TLS"`

	// RedisIAM signs in to Redis as the service's account, and RedisCA holds the
	// certificates that Redis' own is signed by, as PEM; empty for the system's.
	RedisIAM bool   `env:"REDIS_IAM"`
	RedisCA  string `env:"REDIS_CA"`

	// FunctionURL is where functions are, with {function} for the name.
	FunctionURL string `env:"FUNCTION_URL,required,notEmpty"`

	// TimerAccount is the service account that Cloud Tasks calls functions as.
	TimerAccount string `env:"TIMER_SERVICE_ACCOUNT"`

	// PrivateFiles is the bucket for files that are nobody's to read, as a URL:
	// gs://bucket, s3://bucket, azblob://container, file:///folder or mem://.
	PrivateFiles string `env:"PRIVATE_FILES_URL,required,notEmpty"`

	// PublicFiles is the bucket for files that everybody may read, and
	// PublicFilesBase the URL, of a CDN perhaps, beneath which they are found.
	PublicFiles     string `env:"PUBLIC_FILES_URL"`
	PublicFilesBase string `env:"PUBLIC_FILES_BASE"`

	// ObjectsURL is where the API serves objects of providers that sign no URLs,
	// which are signed by FilesKey.
	ObjectsURL string      `env:"OBJECTS_URL"`
	FilesKey   logs.Secret `env:"FILES_KEY"`

	StorageEmulator string `env:"STORAGE_EMULATOR_HOST"`

	// Push is how notifications reach devices: by Firebase Cloud Messaging, or not
	// at all, with a record of each, on a laptop.
	Push string `env:"PUSH" envDefault:"fcm"`

	// RoadFile is the map that road distances are read from, as scripts/roadgraph
	// prepares it.
	RoadFile string `env:"ROAD_FILE"`

	// Secrets is the folder in which secrets are mounted, a file each.
	Secrets string `env:"SECRETS_DIR" envDefault:"/secrets"`

	// OperatorToken is what operators sign their calls with.
	OperatorToken logs.Secret `env:"OPERATOR_TOKEN"`

	// Issuers are the identity providers that are trusted at sign-in, each as "url
	// audience", divided by commas.
	Issuers string `env:"OIDC_ISSUERS"`

	// Origins are the pages that may call the API from a browser, divided by commas,
	// as "https://shop.example".
	Origins []string `env:"ALLOWED_ORIGINS"`

	// Proxies is how many of our own proxies follow the first that a client meets:
	// behind Google's load balancer the client's address is the last but one.
	Proxies int `env:"TRUSTED_PROXIES"`

	// RateClosed refuses calls of the API while Redis cannot count them.
	RateClosed bool `env:"RATE_LIMIT_FAIL_CLOSED"`

	// PrivateProviders lets catalogue providers be on private networks.
	PrivateProviders bool `env:"ALLOW_PRIVATE_PROVIDERS"`

	// LogLevel is the lowest level that is written.
	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`

	// SlowCalls says from when on a call is slow and tells what it waited for, by
	// class: see [logs.Thresholds].
	SlowCalls map[string]time.Duration `env:"SLOW_CALLS" envDefault:"read:300ms,write:1s,event:10s"`

	// LogRetention is how long records are kept, from each level up, as
	// "info:15m,warn:2h"; empty for what [logs.Options] says.
	LogRetention map[slog.Level]time.Duration `env:"LOG_RETENTION"`

	// Revision is the running revision, as Cloud Run names it.
	Revision string `env:"K_REVISION"`
}

// The values of Config.Push.
const (
	PushFCM   = "fcm"
	PushLocal = "local"
)

// ReadConfig reads Config from environ, lines as in [os.Environ]. Its error names every
// variable that is missing or makes no sense.
func ReadConfig(environ []string) (Config, error) {
	c, err := env.ParseAsWithOptions[Config](env.Options{
		Environment: env.ToMap(environ), FuncMap: map[reflect.Type]env.ParserFunc{reflect.TypeFor[slog.Level](): level},
	})
	if err = errors.Join(err, c.check()); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

func level(name string) (any, error) {
	var l slog.Level
	err := l.UnmarshalText([]byte(name))
	return l, err
}

func (c Config) check() error {
	var errs []error
	if c.FunctionURL != "" && !strings.Contains(c.FunctionURL, "{function}") {
		errs = append(errs, fmt.Errorf("FUNCTION_URL %q must contain {function}", c.FunctionURL))
	}
	if c.Push != "" && c.Push != PushFCM && c.Push != PushLocal {
		errs = append(errs, fmt.Errorf("PUSH %q must be %s or %s", c.Push, PushFCM, PushLocal))
	}
	for name, value := range map[string]string{"FUNCTION_URL": c.URL("x"), "PRIVATE_FILES_URL": c.PrivateFiles, "PUBLIC_FILES_URL": c.PublicFiles} {
		if u, err := url.Parse(value); value != "" && (err != nil || u.Scheme == "") {
			errs = append(errs, fmt.Errorf("%s %q must be a URL", name, value))
		}
	}
	return errors.Join(errs...)
}

// URL is where a function is.
func (c Config) URL(function string) string {
	return strings.ReplaceAll(c.FunctionURL, "{function}", function)
}
