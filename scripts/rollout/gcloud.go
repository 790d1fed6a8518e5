package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// command runs gcloud with arguments and returns what it prints.
type command interface {
	run(ctx context.Context, args ...string) (string, error)
}

// gcloudTimeout bounds one command: a deployment waits for the new revision.
const gcloudTimeout = 10 * time.Minute

// gcloud is the program on PATH.
type gcloud struct{ log io.Writer }

func (g gcloud) run(ctx context.Context, args ...string) (string, error) {
	fmt.Fprintln(g.log, "gcloud", strings.Join(args, " "))
	ctx, cancel := context.WithTimeout(ctx, gcloudTimeout)
	defer cancel()
	var out, problems bytes.Buffer
	c := exec.CommandContext(ctx, "gcloud", args...)
	c.Stdout, c.Stderr = &out, &problems
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("gcloud %s: %w: %s", strings.Join(args[:min(3, len(args))], " "), err, strings.TrimSpace(problems.String()))
	}
	return out.String(), nil
}

// state is what Cloud Run says of a service.
type state struct {
	Status struct {
		Traffic []target `json:"traffic"`
	} `json:"status"`
}

type target struct {
	Revision string `json:"revisionName"`
	Percent  int    `json:"percent"`
	Tag      string `json:"tag"`
	URL      string `json:"url"`
}

func (r *rollout) describe(ctx context.Context, service string) (s state, err error) {
	out, err := r.run(ctx, "run", "services", "describe", service, "--format=json")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(out), &s)
}

// revision is the one with a tag, "" for none.
func (s state) revision(tag string) string {
	for _, t := range s.Status.Traffic {
		if t.Tag == tag {
			return t.Revision
		}
	}
	return ""
}

func (s state) url(tag string) (string, error) {
	for _, t := range s.Status.Traffic {
		if t.Tag == tag && t.URL != "" {
			return t.URL, nil
		}
	}
	return "", fmt.Errorf("no revision has the tag %s: deploy it first", tag)
}

// serving is the revision with all traffic, "" if there is no such one.
func (s state) serving() string {
	for _, t := range s.Status.Traffic {
		if t.Percent == 100 {
			return t.Revision
		}
	}
	return ""
}
