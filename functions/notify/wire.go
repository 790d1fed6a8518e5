package notify

import (
	"context"
	"time"

	"lastmile/shared/function"
	"lastmile/shared/platform"
	"lastmile/shared/push"
	"lastmile/shared/realtime"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:  "notify",
		Class: function.Small,
		Uses:  []platform.Resource{platform.Redis, platform.PushNotifications},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Notify, function.Retry{Max: 30 * time.Second}),
			function.OnEvent((*Function).Push, function.Retry{Max: 30 * time.Second}),
			function.OnSchedule("* * * * *", "UTC", (*Function).Sweep)),
	}
}

// connectTimeout bounds what is asked of Redis before the function runs.
const connectTimeout = 5 * time.Second

func build(p *platform.Platform) (*Function, error) {
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	cache, err := p.Redis()
	if err != nil {
		return nil, err
	}
	kinds, err := realtime.NewKinds(realtime.Standard()...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	devices := push.New(db, driver(p.Config), nil)
	publisher, err := realtime.NewPublisher(ctx, cache, kinds, realtime.Options{Fallback: devices})
	if err != nil {
		return nil, err
	}
	return New(publisher, devices), nil
}

func driver(c platform.Config) push.Driver {
	if c.Push == platform.PushLocal {
		return push.Local{}
	}
	return push.NewFCM(c.Project)
}
