package lifecycle

import (
	"time"

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

func build(p *platform.Platform) (*Function, error) {
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	timers, err := p.Timers()
	if err != nil {
		return nil, err
	}
	return New(campaigndb.New(db, campaigntimer.New(timers), p.Log()), time.Now), nil
}
