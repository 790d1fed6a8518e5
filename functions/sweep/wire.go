package sweep

import (
	"time"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/campaign/campaigndb"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/platform"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackredis"
)

// Spec declares the function. It publishes whatever others left in the outbox.
func Spec() function.Spec {
	return function.Spec{
		Name:      "sweep",
		Class:     function.Small,
		Publishes: event.All(),
		Schedules: []string{campaigntimer.Function, jobtimer.Function},
		Uses:      []platform.Resource{platform.Redis, platform.PrivateFiles, platform.PublicFiles},
		Binding:   function.Bind(build, function.OnSchedule("* * * * *", "UTC", (*Function).Handle)),
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
	events, err := p.Bus()
	if err != nil {
		return nil, err
	}
	cache, err := p.Redis()
	if err != nil {
		return nil, err
	}
	locations := intake.NewFlush(trackredis.New(cache, trackredis.Options{}), events)
	campaigns := campaigndb.New(db, campaigntimer.New(timers), p.Log())
	private, err := p.PrivateFiles()
	if err != nil {
		return nil, err
	}
	public, err := p.PublicFiles()
	if err != nil {
		return nil, err
	}
	files := attachmentdb.New(db, private, public, time.Now)
	return New(db, jobdb.New(db), jobtimer.New(timers), locations, campaigns, files, p.Log(), time.Now), nil
}
