package function

import (
	"fmt"
	"slices"
	"time"

	"lastmile/shared/bus"
	"lastmile/shared/event"
)

// Topology is what has to exist for functions to run: Terraform and the local
// stack make it from the same declaration.
type Topology struct {
	// Topics carry the events of the same name.
	Topics []string `json:"topics"`

	// DeadLetterTopic takes what could not be handled.
	DeadLetterTopic string `json:"deadLetterTopic"`

	Functions []Service `json:"functions"`
}

// Service is one function.
type Service struct {
	Name    string `json:"name"`
	Class   Class  `json:"class"`
	Timeout int    `json:"timeoutSeconds"`

	// Public is true if callers from outside reach it.
	Public bool `json:"public"`

	// Subscriptions push to the function's URL.
	Subscriptions []Subscription `json:"subscriptions"`

	// Queue is true if the function has a queue of its name, whose tasks go to
	// /timer.
	Queue bool `json:"queue"`

	// Schedules call /schedule.
	Schedules []Schedule `json:"schedules"`

	// ShadowOf is the function that this one is to replace.
	ShadowOf string `json:"shadowOf,omitempty"`

	Publishes      []string `json:"publishes"`
	SchedulesTimer []string `json:"schedulesTimersOf"`
	Secrets        []string `json:"secrets"`
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

// TopologyOf returns the topology of functions that exchange events.
func TopologyOf(specs []Spec, events []event.Event) Topology {
	t := Topology{DeadLetterTopic: bus.DeadLetterTopic, Topics: topics(events), Functions: []Service{}}
	for _, s := range specs {
		t.Functions = append(t.Functions, service(s))
	}
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
	}
	for _, t := range s.Binding.Triggers {
		switch {
		case t.HTTP:
			v.Public = true
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
