package api

import (
	"net/http"
	"time"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/platform"
)

// filesOf builds the routes of files on the two buckets.
func filesOf(p *platform.Opener) Files {
	private, public := p.PrivateFiles(), p.PublicFiles()
	f := Files{Store: attachmentdb.New(p.Docs(), private, public, time.Now)}
	if p.Config.ObjectsURL != "" && p.Err() == nil {
		objects := http.NewServeMux()
		objects.Handle(objectsPath+"private/", private.Handler())
		objects.Handle(objectsPath+"public/", public.Handler())
		f.Objects = objects
	}
	return f
}
