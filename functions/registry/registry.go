// Package registry lists the functions of the system. It is the one place that
// knows them all.
package registry

import (
	"fmt"
	"strings"
	"time"

	"lastmile/functions/api"
	"lastmile/functions/assign"
	"lastmile/functions/bulkpage"
	"lastmile/functions/catalogpage"
	"lastmile/functions/catalogtick"
	"lastmile/functions/console"
	"lastmile/functions/deadletter"
	"lastmile/functions/distance"
	"lastmile/functions/jobfinish"
	"lastmile/functions/jobplan"
	"lastmile/functions/lifecycle"
	"lastmile/functions/locationingest"
	"lastmile/functions/notify"
	"lastmile/functions/picture"
	"lastmile/functions/scoreupdate"
	"lastmile/functions/sweep"
	"lastmile/shared/auth"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/platform"
)

// All returns every function, by name.
func All() []function.Spec {
	return []function.Spec{
		api.Spec(),
		assign.Spec(),
		bulkpage.Spec(),
		catalogpage.Spec(),
		catalogtick.Spec(),
		console.Spec(),
		deadletter.Spec(),
		distance.Spec(),
		jobfinish.Spec(),
		jobplan.Spec(),
		lifecycle.Spec(),
		locationingest.Spec(),
		notify.Spec(),
		picture.Spec(),
		scoreupdate.Spec(),
		sweep.Spec(),
	}
}

// Find returns the function of that name. Its error tells which there are.
func Find(name string) (function.Spec, error) {
	var names []string
	for _, s := range All() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return function.Spec{}, fmt.Errorf("no function %q; there are %s", name, strings.Join(names, ", "))
}

// Topology is what has to exist for the functions to run.
func Topology() function.Topology {
	return function.TopologyOf(All(), gateway(), event.All())
}

// gateway declares the one service that is no function.
func gateway() function.Spec {
	return function.Spec{
		Name:      "gateway",
		Class:     function.Sockets,
		Timeout:   time.Hour,
		Publishes: []event.Event{&event.LocationBatch{}, &event.ClientPush{}},
		Uses:      []platform.Resource{platform.Redis},
		Secrets:   []string{auth.KeysSecret},
		Paths:     []string{"/gateway/*"},
	}
}
