package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"lastmile/shared/function"
)

// Tags that name revisions for good: what has all traffic, and what had it before.
const (
	live     = "live"
	previous = "previous"
)

// gatewayName is the one service that is no function.
const gatewayName = "gateway"

// atOnce bounds how many services change at the same time.
const atOnce = 6

// rollout is one run of the command.
type rollout struct {
	gcloud          command
	project, region string
	tag             string
	images          struct{ functions, gateway string }
	services        []string // the gateway last
	steps           []int
	watch           time.Duration
	errors          int
}

// readServices returns the names of all services, the gateway last.
func readServices(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t function.Topology
	if err := json.Unmarshal(content, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var names []string
	for _, f := range t.Functions {
		names = append(names, f.Name)
	}
	return append(names, t.Gateway.Name), nil
}

// deploy makes a revision of each service, without traffic, at an address of its
// own.
func (r *rollout) deploy(ctx context.Context) error {
	return r.each(ctx, r.services, func(ctx context.Context, service string) error {
		image := r.images.functions
		if service == gatewayName {
			image = r.images.gateway
		}
		_, err := r.run(ctx, "run", "deploy", service, "--image="+image, "--no-traffic", "--tag="+r.tag)
		return err
	})
}

// smoke runs the job that calls every new revision.
func (r *rollout) smoke(ctx context.Context) error {
	var urls []string
	for _, service := range r.services {
		s, err := r.describe(ctx, service)
		if err != nil {
			return err
		}
		url, err := s.url(r.tag)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		urls = append(urls, url)
	}
	if _, err := r.run(ctx, "run", "jobs", "update", "smoke", "--image="+r.images.functions); err != nil {
		return err
	}
	_, err := r.run(ctx, "run", "jobs", "execute", "smoke", "--wait", "--args="+strings.Join(urls, ","))
	return err
}

// errFailing ends a promotion.
var errFailing = errors.New("new revisions fail")

// promote moves traffic to the new revisions, step by step, and back at the first
// sign of trouble.
func (r *rollout) promote(ctx context.Context) error {
	if err := r.remember(ctx); err != nil {
		return err
	}
	functions := r.services[:len(r.services)-1]
	for _, percent := range r.steps {
		err := r.traffic(ctx, functions, r.tag, percent)
		if err == nil {
			err = r.observe(ctx)
		}
		if err != nil {
			undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
			defer cancel()
			return errors.Join(fmt.Errorf("at %d%%: %w", percent, err), r.traffic(undo, functions, live, 100))
		}
	}
	if err := r.traffic(ctx, r.services[len(functions):], r.tag, 100); err != nil {
		return err
	}
	return r.name(ctx)
}

// remember tags what is live now, of services that have no such tag yet.
func (r *rollout) remember(ctx context.Context) error {
	return r.each(ctx, r.services, func(ctx context.Context, service string) error {
		s, err := r.describe(ctx, service)
		if err != nil || s.revision(live) != "" {
			return err
		}
		serving := s.serving()
		if serving == "" {
			return fmt.Errorf("%s: no single revision has all traffic; settle that first", service)
		}
		_, err = r.run(ctx, "run", "services", "update-traffic", service, "--update-tags="+live+"="+serving)
		return err
	})
}

// name makes the new revisions the live ones, and the live ones the previous.
func (r *rollout) name(ctx context.Context) error {
	return r.each(ctx, r.services, func(ctx context.Context, service string) error {
		s, err := r.describe(ctx, service)
		if err != nil {
			return err
		}
		was, is := s.revision(live), s.revision(r.tag)
		if was == is {
			return nil
		}
		_, err = r.run(ctx, "run", "services", "update-traffic", service, fmt.Sprintf("--update-tags=%s=%s,%s=%s", previous, was, live, is))
		return err
	})
}

// give gives all traffic of all services to the revisions with a tag.
func (r *rollout) give(ctx context.Context, tag string) error {
	return r.traffic(ctx, r.services, tag, 100)
}

func (r *rollout) traffic(ctx context.Context, services []string, tag string, percent int) error {
	return r.each(ctx, services, func(ctx context.Context, service string) error {
		_, err := r.run(ctx, "run", "services", "update-traffic", service, fmt.Sprintf("--to-tags=%s=%d", tag, percent))
		return err
	})
}

// observe waits, and counts the failed calls of the new revisions meanwhile.
func (r *rollout) observe(ctx context.Context) error {
	since := time.Now().UTC()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.watch):
	}
	var names []string
	for _, service := range r.services {
		s, err := r.describe(ctx, service)
		if err != nil {
			return err
		}
		names = append(names, fmt.Sprintf("%q", s.revision(r.tag)))
	}
	filter := fmt.Sprintf(`resource.type="cloud_run_revision" AND resource.labels.revision_name=(%s) AND httpRequest.status>=500 AND timestamp>="%s"`,
		strings.Join(names, " OR "), since.Format(time.RFC3339))
	out, err := r.gcloud.run(ctx, "logging", "read", filter, fmt.Sprintf("--limit=%d", r.errors+1), "--format=value(httpRequest.status)", "--project="+r.project)
	if err != nil {
		return err
	}
	if failed := len(strings.Fields(out)); failed > r.errors {
		return fmt.Errorf("%w: more than %d calls in %s", errFailing, r.errors, r.watch)
	}
	return nil
}

func (r *rollout) run(ctx context.Context, args ...string) (string, error) {
	return r.gcloud.run(ctx, append(args, "--project="+r.project, "--region="+r.region, "--quiet")...)
}

// each does the same with all services, a few at a time, and returns all errors.
func (r *rollout) each(ctx context.Context, services []string, do func(context.Context, string) error) error {
	errs := make([]error, len(services))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, service := range services {
		g.Go(func() error {
			if err := do(ctx, service); err != nil {
				errs[i] = fmt.Errorf("%s: %w", service, err)
			}
			return nil
		})
	}
	_ = g.Wait() // errors are in errs
	return errors.Join(errs...)
}
