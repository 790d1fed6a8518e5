package lifecycle

import (
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:      campaigntimer.Function,
		Class:     function.Small,
		Publishes: []event.Event{&event.ClientNotice{}},
		Schedules: []string{campaigntimer.Function},
		Binding:   function.Bind(build, function.OnTimer((*Function).Handle)),
	}
}

func build(p *platform.Opener) (*Function, error) {
	return New(campaigndb.New(p.Docs(), campaigntimer.New(p.Timers()), p.Log()), p.Now), nil
}
