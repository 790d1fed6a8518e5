package function

import (
	"fmt"
	"slices"
	"time"

	"lastmile/shared/bus"
	"lastmile/shared/event"
	"lastmile/shared/platform"
)

// Topology is what has to exist for functions to run: Terraform and the local
// stack make it from the same declaration.
type Topology struct {
	// Topics carry the events of the same name.
	Topics []string `json:"topics"`

	// DeadLetterTopic takes what could not be handled.
	DeadLetterTopic string `json:"deadLetterTopic"`

	Functions []Service `json:"functions"`

	// Gateway holds the sockets.
	Gateway Service `json:"gateway"`

	// Secrets are all that any of them reads.
	Secrets []string `json:"secrets"`
}

// Service is one function.
type Service struct {
	Name    string `json:"name"`
	Class   Class  `json:"class"`
	Timeout int    `json:"timeoutSeconds"`

	// Paths are those that callers from outside reach it by, before which Prefix is
	// taken away.
	Paths  []string `json:"paths"`
	Prefix string   `json:"prefix,omitempty"`

	// Subscriptions push to the function's URL.
	Subscriptions []Subscription `json:"subscriptions"`

	// Queue is true if the function has a queue of its name, whose tasks go to
	// /timer.
	Queue bool `json:"queue"`

	// Schedules call /schedule.
	Schedules []Schedule `json:"schedules"`

	// ShadowOf is the function that this one is to replace.
	ShadowOf string `json:"shadowOf,omitempty"`

	Publishes      []string            `json:"publishes"`
	SchedulesTimer []string            `json:"schedulesTimersOf"`
	Secrets        []string            `json:"secrets"`
	Uses           []platform.Resource `json:"uses"`
	Calls          []string            `json:"calls"`
}

// Subscription is a push subscription. Durations are in seconds.
type Subscription struct {
	Name        string  `json:"name"`
	Topic       string  `json:"topic"`
	AckDeadline int     `json:"ackDeadlineSeconds"`
	MinBackoff  float64 `json:"minBackoffSeconds"`
	MaxBackoff  float64 `json:"maxBackoffSeconds"`
	Attempts    int     `json:"maxDeliveryAttempts"`
	DeadLetter  bool    `json:"deadLetter"`
}

// Schedule is a job of Cloud Scheduler.
type Schedule struct {
	Name string `json:"name"`
	Cron string `json:"cron"`
	Zone string `json:"zone"`
}

// TopologyOf returns the topology of functions and a gateway that exchange
// events. The gateway's Spec has no binding.
func TopologyOf(specs []Spec, gateway Spec, events []event.Event) Topology {
	t := Topology{DeadLetterTopic: bus.DeadLetterTopic, Topics: topics(events), Functions: []Service{}, Gateway: service(gateway)}
	t.Gateway.Prefix = "/" + gateway.Name
	secrets := append([]string{}, gateway.Secrets...)
	for _, s := range specs {
		t.Functions = append(t.Functions, service(s))
		secrets = append(secrets, s.Secrets...)
	}
	slices.Sort(secrets)
	t.Secrets = slices.Compact(secrets)
	return t
}

func service(s Spec) Service {
	v := Service{
		Name:           s.Name,
		Class:          s.Class,
		Timeout:        int(s.timeout() / time.Second),
		Subscriptions:  []Subscription{},
		Schedules:      []Schedule{},
		ShadowOf:       s.ShadowOf,
		Publishes:      topics(s.Publishes),
		SchedulesTimer: append([]string{}, s.Schedules...),
		Secrets:        append([]string{}, s.Secrets...),
		Uses:           append([]platform.Resource{}, s.Uses...),
		Calls:          append([]string{}, s.Calls...),
		Paths:          append([]string{}, s.Paths...),
	}
	for _, t := range s.Binding.Triggers {
		switch {
		case t.HTTP:
		case t.Timer:
			v.Queue = true
		case t.Cron != "":
			v.Schedules = append(v.Schedules, Schedule{Name: s.Name, Cron: t.Cron, Zone: t.Zone})
		default:
			v.Subscriptions = append(v.Subscriptions, subscription(s, t))
		}
	}
	return v
}

// subscription waits a little longer than the function may take, and has dead
// letters unless it reads them.
func subscription(s Spec, t Trigger) Subscription {
	const grace, longest = 10 * time.Second, 600 * time.Second
	return Subscription{
		Name:        fmt.Sprintf("%s.%s", s.Name, t.Topic),
		Topic:       t.Topic,
		AckDeadline: int(min(s.timeout()+grace, longest) / time.Second),
		MinBackoff:  t.Retry.Min.Seconds(),
		MaxBackoff:  t.Retry.Max.Seconds(),
		Attempts:    t.Retry.Attempts,
		DeadLetter:  t.Topic != bus.DeadLetterTopic,
	}
}

func topics(events []event.Event) []string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = string(e.Type())
	}
	slices.Sort(names)
	return names
}
