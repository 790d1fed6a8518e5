// Package attachment is a file that belongs to an entity: an item's picture, the
// proof of a delivery, the input of a job and its report.
//
// It owns what a file of each kind may be, and the record of one. A file is
// announced first and uploaded in parts; its record has a version, and is to be
// seen, only once the whole content has been checked. New content is a new
// version under another name: what a name leads to never changes.
package attachment

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ID identifies a file.
type ID string

var (
	// ErrUnknown is returned for a file that is not there, or not to be seen yet.
	ErrUnknown = errors.New("no such file")

	// ErrNotAnnounced is returned for a confirmation of what nobody announced, or
	// too late.
	ErrNotAnnounced = errors.New("no upload is announced: announce it again")

	// ErrIncomplete is returned for a confirmation before every part is uploaded.
	ErrIncomplete = errors.New("the upload is not complete: send the missing parts")

	// ErrRefused is the cause of every [*RefusedError].
	ErrRefused = errors.New("file refused")
)

// RefusedError says which field of a file is not as it must be.
type RefusedError struct{ Field, Problem string }

func (e *RefusedError) Error() string { return e.Field + " " + e.Problem }

// Unwrap makes errors.Is(err, ErrRefused) true.
func (e *RefusedError) Unwrap() error { return ErrRefused }

// Owner is the entity that a file belongs to, like "shop:bakery".
type Owner string

// OwnedBy returns the entity with this id as an owner.
func OwnedBy(entity, id string) Owner { return Owner(entity + ":" + id) }

// Parts are the kind of entity and its id; empty if o is no owner.
func (o Owner) Parts() (entity, id string) {
	entity, id, _ = strings.Cut(string(o), ":")
	return entity, id
}

// Content is one version of a file, checked.
type Content struct {
	// Object is its name in the bucket of its kind.
	Object string `json:"-" firestore:"object"`

	// Digest tells it from other content, or nothing from anything.
	Digest string `json:"-" firestore:"digest"`

	Size int64  `json:"size" firestore:"size"`
	Sum  string `json:"crc32c" firestore:"crc32c"`
	Type string `json:"type" firestore:"type"`

	// Width and Height are those of a picture, in pixels.
	Width  int `json:"width,omitempty" firestore:"width,omitempty"`
	Height int `json:"height,omitempty" firestore:"height,omitempty"`

	At time.Time `json:"at" firestore:"at"`
}

// Upload is content that was announced.
type Upload struct {
	// Token is in the names of its parts, so that those of two uploads differ.
	Token string `firestore:"token"`

	Size    int64     `firestore:"size"`
	Sum     string    `firestore:"crc32c"`
	Expires time.Time `firestore:"expires"`
}

// File is the record of a file.
type File struct {
	ID    ID     `json:"id" firestore:"id"`
	Kind  string `json:"kind" firestore:"kind"`
	Owner Owner  `json:"owner" firestore:"owner"`

	// By is who uploaded it.
	By string `json:"by" firestore:"by"`

	// Version counts its contents; 0 is none yet.
	Version int     `json:"version" firestore:"version"`
	Content Content `json:"content" firestore:"content"`

	// Next is what is being uploaded.
	Next *Upload `json:"-" firestore:"next"`

	// Source is where the content was fetched from.
	Source *Source `json:"source,omitempty" firestore:"source"`

	Created time.Time `json:"created" firestore:"created"`

	// Expires is when the record is deleted, and the objects with it; zero is never.
	Expires time.Time `json:"expires,omitzero" firestore:"expires,omitempty"`
}

// Source is an address that content is fetched from.
type Source struct {
	URL string `json:"url" firestore:"url"`

	// ETag and Modified are what the source said of the content that was fetched.
	ETag     string `json:"-" firestore:"etag"`
	Modified string `json:"-" firestore:"modified"`

	Checked time.Time `json:"checked" firestore:"checked"`

	// Fault is why there is no content, or none that is newer.
	Fault string `json:"fault,omitempty" firestore:"fault"`
}

// Visible reports whether the file may be seen at a time.
func (f File) Visible(now time.Time) bool {
	return f.Version > 0 && (f.Expires.IsZero() || now.Before(f.Expires))
}

// UploadTime is how long an announced upload may take.
const UploadTime = 6 * time.Hour

// Announce returns f with content announced, in place of what was announced
// before. A file that never gets content is forgotten.
func (f File) Announce(k Kind, u Upload, now time.Time) (File, error) {
	if err := k.admits(u.Size); err != nil {
		return f, err
	}
	if k.Final && f.Version > 0 {
		return f, &RefusedError{"replaces", "is a " + k.Name + ", whose content stays as it is: announce a file of its own"}
	}
	u.Expires = now.Add(UploadTime)
	f.Next = &u
	if f.Version == 0 {
		f.Expires = u.Expires
	}
	return f, nil
}

// With returns f with new content.
func (f File) With(k Kind, c Content, now time.Time) File {
	c.At = now
	f.Content, f.Next = c, nil
	f.Version++
	f.Expires = time.Time{}
	if k.Kept > 0 {
		f.Expires = now.Add(k.Kept)
	}
	return f
}

// PartSize is the length of every part of an upload but its last.
const PartSize = 32 << 20

// Part is a piece of an upload.
type Part struct {
	Object string
	Offset int64
	Size   int64
}

// incoming is the folder of what is not checked yet.
const incoming = "incoming"

// Parts are what an upload consists of.
func (f File) Parts() []Part {
	if f.Next == nil {
		return nil
	}
	var all []Part
	for at := int64(0); at < f.Next.Size; at += PartSize {
		name := fmt.Sprintf("%s/%s/%s/%d", incoming, f.ID, f.Next.Token, len(all))
		all = append(all, Part{Object: name, Offset: at, Size: min(PartSize, f.Next.Size-at)})
	}
	return all
}

// Object is the name of the next version of f's content. It tells the content,
// the version and when the file came to be, so that no name is ever used again.
func (f File) Object(k Kind, digest, mediaType string) string {
	return fmt.Sprintf("%s/%s/%d-%d-%s%s", k.Name, f.ID, f.Created.UnixMilli(), f.Version+1, digest, extensions[mediaType])
}

// Uses reports whether f, at a time, needs an object that belongs to it.
func (f File) Uses(object string, now time.Time) bool {
	if f.Expires.IsZero() || now.Before(f.Expires) {
		if f.Version > 0 && f.Content.Object == object {
			return true
		}
	}
	return f.Next != nil && now.Before(f.Next.Expires) && strings.HasPrefix(object, fmt.Sprintf("%s/%s/%s/", incoming, f.ID, f.Next.Token))
}

// FileOf returns the file that an object belongs to, by its name; empty for an
// object that is none of ours.
func FileOf(object string) ID {
	parts := strings.Split(object, "/")
	if len(parts) < 3 {
		return ""
	}
	if _, err := Find(parts[0]); err != nil && parts[0] != incoming {
		return ""
	}
	return ID(parts[1])
}
