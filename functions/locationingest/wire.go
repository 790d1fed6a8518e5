package locationingest

import (
	"lastmile/shared/function"
	"lastmile/shared/platform"
	"lastmile/shared/track/trackdb"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:    "locationingest",
		Class:   function.Small,
		Binding: function.Bind(build, function.OnEvent((*Function).Handle, function.Retry{})),
	}
}

func build(p *platform.Platform) (*Function, error) {
	db, err := p.Docs()
	if err != nil {
		return nil, err
	}
	return New(trackdb.New(db)), nil
}
