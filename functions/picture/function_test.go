package picture_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/functions/picture"
	"lastmile/shared/attachment"
	"lastmile/shared/attachment/attachmentdb"
	"lastmile/shared/catalog/cataloghttp"
	"lastmile/shared/event"
)

// source answers every question alike, and remembers what it was told.
type source struct {
	content string
	err     error
	told    cataloghttp.Validators
}

func (s *source) Picture(_ context.Context, _ string, v cataloghttp.Validators) (cataloghttp.Picture, error) {
	s.told = v
	if s.err != nil || (v.ETag == "e1" && s.content == "first") {
		return cataloghttp.Picture{Validators: v}, s.err
	}
	return cataloghttp.Picture{Body: io.NopCloser(strings.NewReader(s.content)), Validators: cataloghttp.Validators{ETag: "e1"}}, nil
}

// shelf keeps one file.
type shelf struct {
	file attachment.File
	puts int
	err  error
}

func (s *shelf) Find(context.Context, attachment.ID) (attachment.File, error) {
	if s.file.ID == "" {
		return s.file, attachment.ErrUnknown
	}
	return s.file, nil
}

func (s *shelf) Put(_ context.Context, f attachment.File, r io.Reader) (attachment.File, error) {
	if _, err := io.ReadAll(r); err != nil || s.err != nil {
		return f, errors.Join(err, s.err)
	}
	s.puts++
	f.Version++
	s.file = f
	return f, nil
}

func (s *shelf) Note(_ context.Context, f attachment.File) error {
	s.file = f
	return nil
}

func TestAPictureIsFetchedOnce(t *testing.T) {
	from, to := &source{content: "first"}, &shelf{}
	f := picture.New(from, to, time.Now)
	e := event.ItemPicture{Shop: "bakery", Source: "https://x.example/rye.jpg"}
	require.NoError(t, f.Handle(t.Context(), e))
	require.NoError(t, f.Handle(t.Context(), e))
	require.Equal(t, 1, to.puts)
	require.Equal(t, "e1", from.told.ETag, "the source is asked whether it changed")
	require.Equal(t, attachment.PictureOf("bakery", e.Source), to.file.ID)
	require.EqualValues(t, "shop:bakery", to.file.Owner)
}

func TestWhatBecomesOfAPictureThatCannotBeHad(t *testing.T) {
	tests := map[string]struct {
		fetch, put error
		again      bool
		fault      bool
	}{
		"a source that is down is asked again":        {fetch: cataloghttp.ErrUnavailable, again: true},
		"a source that refuses is noted":              {fetch: cataloghttp.ErrRefused, fault: true},
		"an address that is not allowed is noted":     {fetch: cataloghttp.ErrForbidden, fault: true},
		"what is no picture is noted":                 {put: &attachment.RefusedError{Field: "content", Problem: "is text/html"}, fault: true},
		"one that another call changes meanwhile too": {put: attachmentdb.ErrConflict, again: true},
		"a bucket that is down is tried again":        {put: io.ErrUnexpectedEOF, again: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			from, to := &source{content: "x"}, &shelf{err: test.put}
			if test.fetch != nil {
				from.err = fmt.Errorf("asked: %w", test.fetch)
			}
			err := picture.New(from, to, time.Now).Handle(t.Context(), event.ItemPicture{Shop: "s", Source: "https://x.example/a"})
			require.Equal(t, test.again, err != nil)
			require.Equal(t, test.fault, to.file.Source != nil && to.file.Source.Fault != "")
			require.Zero(t, to.file.Version)
		})
	}
}
