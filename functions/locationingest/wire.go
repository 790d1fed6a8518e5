package locationingest

import (
	"context"
	"time"

	"lastmile/shared/function"
	"lastmile/shared/platform"
	"lastmile/shared/realtime"
	"lastmile/shared/track/trackdb"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:    "locationingest",
		Class:   function.Small,
		Uses:    []platform.Resource{platform.Redis},
		Binding: function.Bind(build, function.OnEvent((*Function).Handle, function.Retry{})),
	}
}

// connectTimeout bounds what is asked of Redis before the function runs.
const connectTimeout = 5 * time.Second

func build(p *platform.Opener) (*Function, error) {
	store, client := trackdb.New(p.Docs()), p.Redis()
	if err := p.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	watchers, err := realtime.NewPublisher(ctx, client, nil, realtime.Options{})
	return New(store, watchers), err
}
