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

func build(p *platform.Opener) (*Function, error) {
	devices, client := push.New(p.Docs(), driver(p.Config), nil), p.Redis()
	if err := p.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	publisher, err := realtime.NewPublisher(ctx, client, nil, realtime.Options{Fallback: devices})
	return New(publisher, devices), err
}

func driver(c platform.Config) push.Driver {
	if c.Push == platform.PushLocal {
		return push.Local{}
	}
	return push.NewFCM(c.Project)
}
