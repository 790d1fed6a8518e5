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

func build(p *platform.Opener) (*Function, error) {
	return New(resources(p),
		httpapi.Record(p.Logs),
		httpapi.Secure,
		httpapi.CORS(p.Config.Origins...),
		httpapi.Operator(string(p.Config.OperatorToken)),
		httpapi.Authenticate(p.Sessions()),
		httpapi.RateLimit(p.Redis(), httpapi.RateOptions{Proxies: p.Config.Proxies, Closed: p.Config.RateClosed}),
		httpapi.Idempotent(p.Docs(), maxBody),
	), nil
}

func resources(p *platform.Opener) Resources {
	db, files, fleet, sessions := p.Docs(), filesOf(p), fleetOf(p), sessionsOf(p)
	selling := sellingOf(p, files.Store)
	selling.Couriers.Sessions = sessions
	jobs, catalogs, positions := jobdb.New(db), catalogdb.New(db), trackredis.New(p.Redis(), trackredis.Options{})
	return Resources{
		Campaigns:   campaignsOf(p),
		Catalogs:    Catalogs{Store: catalogs, Jobs: jobs},
		Selling:     selling,
		Jobs:        Jobs{Store: jobs, Board: jobredis.New(p.Redis()), Closer: jobtimer.New(p.Timers()), Files: files.Store, Log: p.Log()},
		DeadLetters: DeadLetters{Store: deadletterdb.New(db), Sender: p.Bus()},
		Locations: Locations{
			Intake:   intake.New(positions, intake.NewFlush(positions, p.Bus()), intake.Options{Log: p.Log(), Broadcaster: watchers(fleet.Sockets)}),
			Carrying: NewCarrying(db, selling.Orders.Store),
			Now:      positions,
			Past:     trackdb.New(db),
		},
		Cutovers:    Cutovers{Store: cutover.NewStore(db, nil)},
		Dispatching: dispatchingOf(p),
		Devices:     newDevices(db),
		Fleet:       fleet,
		Files:       files,
		Pictures:    Pictures{Catalogs: catalogs, Files: files.Store},
		Logs:        Logs{Store: logsdb.New(p.Platform.Docs), Own: p.Logs},
		Sessions:    sessions,
		Accounts:    Accounts{Store: authdb.New(db), Sessions: sessions},
	}
}

// watchers are those on sockets. Whoever reports to the API reaches them by
// Redis.
func watchers(s *sockets) *broadcast.Broadcaster {
	return broadcast.Lazy(func(ctx context.Context) (broadcast.Publisher, error) { return s.open(ctx) })
}
