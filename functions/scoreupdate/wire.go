package scoreupdate

import (
	"time"

	"lastmile/shared/function"
	"lastmile/shared/platform"
	"lastmile/shared/score/scoredb"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:  "scoreupdate",
		Class: function.Small,
		Uses:  []platform.Resource{platform.Redis},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Handle, function.Retry{}),
			function.OnSchedule("20 3 * * *", "UTC", (*Function).Learn)),
	}
}

func build(p *platform.Opener) (*Function, error) {
	return New(scoredb.New(p.Docs()), p.Log(), time.Now), nil
}
