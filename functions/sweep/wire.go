package sweep

import (
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

func build(p *platform.Opener) (*Function, error) {
	db, closing := p.Docs(), jobtimer.New(p.Timers())
	campaigns := campaigndb.New(db, campaigntimer.New(p.Timers()), p.Log())
	locations := intake.NewFlush(trackredis.New(p.Redis(), trackredis.Options{}), p.Bus())
	files := attachmentdb.NewReaper(attachmentdb.New(db, p.PrivateFiles(), p.PublicFiles(), p.Now), NewEntities(db))
	return New(db, jobdb.New(db), closing, locations, campaigns, files, p.Log(), p.Now), nil
}
