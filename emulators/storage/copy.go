package storage

import (
	"io"
	"net/http"

	raw "google.golang.org/api/storage/v1"
)

const maxParts = 32 // of a composition

func (s *Server) rewrite(r *http.Request) (any, error) {
	made, err := s.duplicate(r)
	if err != nil {
		return nil, err
	}
	return &raw.RewriteResponse{
		Kind: "storage#rewriteResponse", Done: true, Resource: made,
		ObjectSize: int64(made.Size), TotalBytesRewritten: int64(made.Size),
	}, nil
}

func (s *Server) copy(r *http.Request) (any, error) { return s.duplicate(r) }

// duplicate copies an object, with its metadata unless the request has its own.
func (s *Server) duplicate(r *http.Request) (*raw.Object, error) {
	to, err := s.change(r)
	if err != nil {
		return nil, err
	}
	from, err := conditionsOf(r.URL.Query(), "Source")
	if err != nil {
		return nil, err
	}
	to.generation = 0
	own := &raw.Object{}
	if err := decode(r, own); err != nil {
		return nil, err
	}
	source, content, err := s.index.open(r.PathValue("bucket"), r.PathValue("object"), from)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	if own.ContentType == "" && own.Metadata == nil {
		own = described(source.meta)
	}
	own.Name = r.PathValue("as")
	return s.write(r.PathValue("to"), own, content, to)
}

// described is a new object with the description of an old one.
func described(o *raw.Object) *raw.Object {
	return &raw.Object{
		ContentType: o.ContentType, CacheControl: o.CacheControl, ContentDisposition: o.ContentDisposition,
		ContentEncoding: o.ContentEncoding, ContentLanguage: o.ContentLanguage, Metadata: o.Metadata, CustomTime: o.CustomTime,
	}
}

// compose makes an object of others, one behind the other.
func (s *Server) compose(r *http.Request) (any, error) {
	c, err := s.change(r)
	if err != nil {
		return nil, err
	}
	var ask raw.ComposeRequest
	if err := decode(r, &ask); err != nil {
		return nil, err
	}
	if len(ask.SourceObjects) == 0 || len(ask.SourceObjects) > maxParts {
		return nil, invalid("The number of source components provided (%d) must be between 1 and %d", len(ask.SourceObjects), maxParts)
	}
	meta := ask.Destination
	if meta == nil {
		meta = &raw.Object{}
	}
	meta.Name = r.PathValue("object")
	meta.ComponentCount = int64(len(ask.SourceObjects))
	if err := checkObject(meta); err != nil {
		return nil, err
	}
	d, err := s.blobs.draft()
	if err != nil {
		return nil, err
	}
	for _, part := range ask.SourceObjects {
		if err := s.append(d, r.PathValue("bucket"), part); err != nil {
			d.drop()
			return nil, err
		}
	}
	return s.commit(r.PathValue("bucket"), meta, d, sums{}, c)
}

// append copies one source of a composition to d.
func (s *Server) append(d *draft, bucketName string, part *raw.ComposeRequestSourceObjects) error {
	c := conditions{generation: part.Generation}
	if part.ObjectPreconditions != nil {
		c.match = &part.ObjectPreconditions.IfGenerationMatch
	}
	_, content, err := s.index.open(bucketName, part.Name, c)
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = io.Copy(d, content)
	return err
}
