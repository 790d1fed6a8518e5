package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"lastmile/emulators/firestore"
	"lastmile/emulators/pubsub"
	"lastmile/emulators/redis"
	"lastmile/emulators/storage"
	"lastmile/emulators/tasks"
)

// service is an emulator that runs by itself.
type service struct {
	name, variable string
	start          func(dir string) (running, error)
}

type running interface {
	Addr() string
	Close() error
}

func services() []service {
	return []service{
		{"firestore", "FIRESTORE_EMULATOR_HOST", func(dir string) (running, error) {
			return firestore.Start(firestore.Options{Dir: dir})
		}},
		{"pubsub", "PUBSUB_EMULATOR_HOST", func(dir string) (running, error) {
			return pubsub.Start(pubsub.Options{Dir: dir})
		}},
		{"tasks", "CLOUD_TASKS_EMULATOR_HOST", func(dir string) (running, error) {
			return tasks.Start(tasks.Options{Dir: dir})
		}},
		{"storage", "STORAGE_EMULATOR_HOST", func(dir string) (running, error) {
			return storage.Start(storage.Options{Dir: dir})
		}},
		{"redis", "REDIS_ADDR", func(dir string) (running, error) {
			return redis.Start(redis.Options{Dir: dir})
		}},
	}
}

func serviceNames() string {
	var names []string
	for _, s := range services() {
		names = append(names, s.name)
	}
	return strings.Join(names, ",")
}

// runOnly runs the chosen services and prints the variables that lead any
// program to them.
func runOnly(ctx context.Context, o options, out io.Writer) error {
	for name := range strings.SplitSeq(o.only, ",") {
		s, err := find(strings.TrimSpace(name))
		if err != nil {
			return err
		}
		r, err := s.startIn(o.data)
		if err != nil {
			return err
		}
		defer r.Close()
		fmt.Fprintf(out, "export %s=%s\n", s.variable, r.Addr())
	}
	<-ctx.Done()
	return nil
}

// startIn starts the service with its state in a folder of dir, or in memory.
func (s service) startIn(dir string) (running, error) {
	if dir != "" {
		dir = filepath.Join(dir, s.name)
	}
	r, err := s.start(dir)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	return r, nil
}

func find(name string) (service, error) {
	for _, s := range services() {
		if s.name == name {
			return s, nil
		}
	}
	return service{}, fmt.Errorf("%s: no such service; there are %s", name, serviceNames())
}

// variables returns the variables of services, divided by commas.
func variables(names string) ([]string, error) {
	var found []string
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			continue
		}
		s, err := find(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		found = append(found, s.variable)
	}
	return found, nil
}
