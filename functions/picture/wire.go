package picture

import (
	"time"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/function"
	"lastmile/shared/platform"
)

// Spec declares the function.
func Spec() function.Spec {
	return function.Spec{
		Name:  "picture",
		Class: function.Bulk,
		Uses:  []platform.Resource{platform.PrivateFiles, platform.PublicFiles},
		Binding: function.Bind(build,
			function.OnEvent((*Function).Handle, function.Retry{Min: 5 * time.Second, Max: 10 * time.Minute, Attempts: 8})),
	}
}

func build(p *platform.Opener) (*Function, error) {
	sources := cataloghttp.New(cataloghttp.Options{AllowPrivate: p.Config.PrivateProviders})
	return New(sources, attachmentdb.New(p.Docs(), p.PrivateFiles(), p.PublicFiles(), time.Now), time.Now), nil
}
