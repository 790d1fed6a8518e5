package api

import (
	"context"

	"lastmile/shared/auth"
	"lastmile/shared/auth/authdb"
	"lastmile/shared/campaign/campaigntimer"
	"lastmile/shared/catalog/catalogdb"
	"lastmile/shared/cutover"
	"lastmile/shared/deadletter/deadletterdb"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/httpapi"
	"lastmile/shared/job/jobdb"
	"lastmile/shared/job/jobredis"
	"lastmile/shared/job/jobtimer"
	"lastmile/shared/logs/logsdb"
	"lastmile/shared/platform"
	"lastmile/shared/track/broadcast"
	"lastmile/shared/track/intake"
	"lastmile/shared/track/trackdb"
	"lastmile/shared/track/trackredis"
)

// Spec declares the API.
func Spec() function.Spec {
	return function.Spec{
		Name:      "api",
		Class:     function.Interactive,
		Publishes: event.All(),
		Schedules: []string{campaigntimer.Function, jobtimer.Function},
		Calls:     []string{"distance"},
		Paths:     []string{"/v1/*", "/docs", "/docs/*", "/openapi.json", "/.well-known/*", objectsPath + "*"},
		Uses:      []platform.Resource{platform.Redis, platform.PrivateFiles, platform.PublicFiles},
		Secrets:   []string{auth.KeysSecret, confirmationSecret},
		Binding:   function.Bind(build, function.OnHTTP[*Function]()),
	}
}

func build(p *platform.Platform) (*Function, error) {
	r, err := resources(p)
	if err != nil {
		return nil, err
	}
	sessions, err := p.Sessions()
	if err != nil {
		return nil, err
	}
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	cache, err := p.Redis()
	if err != nil {
		return nil, err
	}
	return New(r,
		httpapi.Record(p.Logs),
		httpapi.Secure,
		httpapi.CORS(p.Config.Origins...),
		httpapi.Operator(string(p.Config.OperatorToken)),
		httpapi.Authenticate(sessions),
		httpapi.RateLimit(cache, httpapi.RateOptions{Closed: p.Config.RateClosed}),
		httpapi.Idempotent(db, maxBody),
	), nil
}

func resources(p *platform.Platform) (r Resources, err error) {
	db, err := p.Docs()
	if err != nil {
		return r, err
	}
	events, err := p.Bus()
	if err != nil {
		return r, err
	}
	cache, err := p.Redis()
	if err != nil {
		return r, err
	}
	timers, err := p.Timers()
	if err != nil {
		return r, err
	}
	campaigns, err := campaignsOf(p)
	if err != nil {
		return r, err
	}
	sessions, err := sessionsOf(p)
	if err != nil {
		return r, err
	}
	files, err := filesOf(p)
	if err != nil {
		return r, err
	}
	selling, err := sellingOf(p, files.Store)
	if err != nil {
		return r, err
	}
	dispatching, err := dispatchingOf(p)
	if err != nil {
		return r, err
	}
	fleet, err := fleetOf(p)
	if err != nil {
		return r, err
	}
	jobs, catalogs, positions := jobdb.New(db), catalogdb.New(db), trackredis.New(cache, trackredis.Options{})
	return Resources{
		Campaigns:   campaigns,
		Catalogs:    Catalogs{Store: catalogs, Jobs: jobs},
		Selling:     selling,
		Jobs:        Jobs{Store: jobs, Board: jobredis.New(cache), Closer: jobtimer.New(timers), Files: files.Store, Log: p.Log()},
		DeadLetters: DeadLetters{Store: deadletterdb.New(db), Sender: events},
		Locations: Locations{
			Intake:   intake.New(positions, intake.NewFlush(positions, events), intake.Options{Log: p.Log(), Broadcaster: watchers(fleet.Sockets)}),
			Carrying: NewCarrying(db, selling.Orders.Store),
			Now:      positions,
			Past:     trackdb.New(db),
		},
		Cutovers:    Cutovers{Store: cutover.NewStore(db, nil)},
		Dispatching: dispatching,
		Devices:     newDevices(db),
		Fleet:       fleet,
		Files:       files,
		Pictures:    Pictures{Catalogs: catalogs, Files: files.Store},
		Logs:        Logs{Store: logsdb.New(p.Docs), Own: p.Logs},
		Sessions:    sessions,
		Accounts:    Accounts{Store: authdb.New(db), Sessions: sessions},
	}, nil
}

// watchers are those on sockets. Whoever reports to the API reaches them by
// Redis.
func watchers(s *sockets) *broadcast.Broadcaster {
	return broadcast.Lazy(func(ctx context.Context) (broadcast.Publisher, error) { return s.open(ctx) })
}
