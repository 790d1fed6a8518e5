package api

import (
	"net/http"
	"time"

	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/platform"
)

// filesOf builds the routes of files on the two buckets.
func filesOf(p *platform.Platform) (Files, error) {
	db, err := p.Docs()
	if err != nil {
		return Files{}, err
	}
	private, err := p.PrivateFiles()
	if err != nil {
		return Files{}, err
	}
	public, err := p.PublicFiles()
	if err != nil {
		return Files{}, err
	}
	f := Files{Store: attachmentdb.New(db, private, public, time.Now)}
	if p.Config.ObjectsURL != "" {
		objects := http.NewServeMux()
		objects.Handle(objectsPath+"private/", private.Handler())
		objects.Handle(objectsPath+"public/", public.Handler())
		f.Objects = objects
	}
	return f, nil
}
