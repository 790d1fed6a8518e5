package assign

import (
	"time"

	"lastmile/shared/assign/assigndb"
	"lastmile/shared/assign/assignredis"
	"lastmile/shared/assign/assigntimer"
	"lastmile/shared/courier/courierdb"
	"lastmile/shared/event"
	"lastmile/shared/function"
	"lastmile/shared/order/orderdb"
	"lastmile/shared/platform"
	"lastmile/shared/road/roadhttp"
	"lastmile/shared/score/scoredb"
	"lastmile/shared/track/trackredis"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:      assigntimer.Function,
		Class:     function.Small,
		Publishes: []event.Event{&event.DispatchChanged{}, &event.OrderChanged{}, &event.ClientNotice{}, &event.CourierFact{}},
		Schedules: []string{assigntimer.Function},
		Uses:      []platform.Resource{platform.Redis},
		Calls:     []string{"distance"},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Ordered, function.Retry{Max: 30 * time.Second}),
			function.OnEvent((*Function).Dispatched, function.Retry{Max: 30 * time.Second}),
			function.OnTimer((*Function).Due),
			function.OnSchedule("* * * * *", "UTC", (*Function).Sweep)),
	}
}

func build(p *platform.Opener) (*Function, error) {
	db := p.Docs()
	couriers := courierdb.New(db)
	return New(Parts{
		DB:        db,
		Searches:  assigndb.New(db, couriers),
		Orders:    orderdb.New(db),
		Couriers:  couriers,
		Scores:    scoredb.New(db),
		Positions: trackredis.New(p.Redis(), trackredis.Options{}),
		Hints:     assignredis.New(p.Redis()),
		Roads:     roadhttp.New(p.Config.URL("distance"), roadhttp.Options{HTTP: p.Client("distance")}),
		Clock:     assigntimer.New(p.Timers()),
		Log:       p.Log(),
		Now:       p.Now,
	}), nil
}
