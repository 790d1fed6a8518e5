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
	watchers, err := realtime.NewPublisher(ctx, cache, kinds, realtime.Options{})
	if err != nil {
		return nil, err
	}
	return New(trackdb.New(db), watchers), nil
}
