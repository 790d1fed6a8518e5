package platform

import (
	"context"
	"errors"
	"strings"

	"lastmile/shared/files"
)

// PrivateFiles returns the bucket of files that are nobody's to read.
func (p *Platform) PrivateFiles() (*files.Bucket, error) {
	if err := p.check(PrivateFiles); err != nil {
		return nil, err
	}
	return p.openFiles(&p.privateFiles, p.Config.PrivateFiles, files.Options{Base: p.objects("private")})
}

var errNoPublicFiles = errors.New("there is no bucket for public files: set PUBLIC_FILES_URL")

// PublicFiles returns the bucket of files that everybody may read.
func (p *Platform) PublicFiles() (*files.Bucket, error) {
	if err := p.check(PublicFiles); err != nil {
		return nil, err
	}
	if p.Config.PublicFiles == "" {
		return nil, errNoPublicFiles
	}
	base := p.Config.PublicFilesBase
	if base == "" {
		base = p.objects("public")
	}
	return p.openFiles(&p.publicFiles, p.Config.PublicFiles, files.Options{Public: true, Base: base})
}

// objects is where the API serves a bucket.
func (p *Platform) objects(bucket string) string {
	if p.Config.ObjectsURL == "" {
		return ""
	}
	return strings.TrimSuffix(p.Config.ObjectsURL, "/") + "/" + bucket
}

func (p *Platform) openFiles(once *once[*files.Bucket], url string, o files.Options) (*files.Bucket, error) {
	return once.open(func() (*files.Bucket, error) {
		o.Key, o.EmulatorHost = []byte(p.Config.FilesKey), p.Config.StorageEmulator
		b, err := files.Open(context.Background(), url, o)
		if err != nil {
			return nil, err
		}
		p.onClose(b.Close)
		return b, nil
	})
}
