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
		Binding: function.Bind(build,
			function.OnEvent((*Function).Handle, function.Retry{}),
			function.OnSchedule("20 3 * * *", "UTC", (*Function).Learn)),
	}
}

func build(p *platform.Platform) (*Function, error) {
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	return New(scoredb.New(db), p.Log(), time.Now), nil
}
