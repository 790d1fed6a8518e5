package scheduler

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/robfig/cron/v3"
)

// The limits and defaults of Google's jobs.
const (
	defaultDeadline   = 3 * time.Minute
	minDeadline       = 15 * time.Second
	maxDeadline       = 30 * time.Minute
	maxRetries        = 5
	defaultMinBackoff = 5 * time.Second
	defaultMaxBackoff = time.Hour
	defaultDoublings  = 5
)

// Job is one cron job, as the topology declares it.
type Job struct {
	Name     string // what X-CloudScheduler-JobName says
	Cron     string // five fields: minute, hour, day of month, month, day of week
	Zone     string // IANA name; "" = UTC
	URL      string
	Method   string // "" = POST
	Body     []byte
	Headers  map[string]string
	Deadline time.Duration // of one attempt; 0 = 3 min
	Retry    Retry
	OIDC     OIDC
}

// Retry says how a failed run is tried again; the zero Retry waits for the next start.
type Retry struct {
	Count       int           // retries, at most 5
	MaxDuration time.Duration // since the first attempt; 0 = unlimited
	MinBackoff  time.Duration // 0 = 5 s
	MaxBackoff  time.Duration // 0 = 1 h
	Doublings   int           // 0 = 5
}

// OIDC asks for a token; no Email, no token.
type OIDC struct {
	Email    string
	Audience string // "" = the URL
}

// Status is a job and how it fares.
type Status struct {
	Job
	Next     time.Time // start
	Last     time.Time // start of the last attempt; zero = never
	LastCode int       // HTTP status of the last attempt; 0 = no answer
	LastErr  error     // of the last attempt; nil = it succeeded
	Attempts int       // so far
	Running  bool
}

var jobName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,500}$`)

// withDefaults returns j with everything set that was left to the service.
func (j Job) withDefaults() Job {
	j.Zone = cmp.Or(j.Zone, "UTC")
	j.Method = cmp.Or(j.Method, "POST")
	j.Deadline = cmp.Or(j.Deadline, defaultDeadline)
	j.OIDC.Audience = cmp.Or(j.OIDC.Audience, j.URL)
	j.Retry.MinBackoff = cmp.Or(j.Retry.MinBackoff, defaultMinBackoff)
	j.Retry.MaxBackoff = cmp.Or(j.Retry.MaxBackoff, max(j.Retry.MinBackoff, defaultMaxBackoff))
	j.Retry.Doublings = cmp.Or(j.Retry.Doublings, defaultDoublings)
	return j
}

// schedule returns when a job starts. The error names the setting that makes no sense.
func (j Job) schedule() (cron.Schedule, error) {
	if !jobName.MatchString(j.Name) {
		return nil, fmt.Errorf("name: use 1 to 500 letters, digits, hyphens and underscores")
	}
	if u, err := url.Parse(j.URL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("url %q: use an absolute http or https URL", j.URL)
	}
	if j.Deadline < minDeadline || j.Deadline > maxDeadline {
		return nil, fmt.Errorf("deadline %v: use 15s to 30m", j.Deadline)
	}
	if j.Retry.Count < 0 || j.Retry.Count > maxRetries {
		return nil, fmt.Errorf("retry count %d: use 0 to 5", j.Retry.Count)
	}
	if j.Retry.MinBackoff < 0 || j.Retry.MinBackoff > j.Retry.MaxBackoff {
		return nil, fmt.Errorf("retry backoff %v to %v: let the minimum be positive and at most the maximum", j.Retry.MinBackoff, j.Retry.MaxBackoff)
	}
	return parse(j.Cron, j.Zone)
}

func parse(expression, zone string) (cron.Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("zone %q: use an IANA name such as Europe/Paris", zone)
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("cron %q: %w; use five fields such as \"*/5 * * * *\"", expression, err)
	}
	parsed.(*cron.SpecSchedule).Location = location
	return parsed, nil
}

// backoff is the wait before retry number n, counted from 1: it doubles
// Doublings times, then grows by that last step.
func (r Retry) backoff(n int) time.Duration {
	doublings := min(n-1, r.Doublings)
	wait := r.MinBackoff << doublings * time.Duration(n-doublings)
	return min(wait, r.MaxBackoff)
}
