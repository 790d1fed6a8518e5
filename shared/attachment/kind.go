package attachment

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what a file may be. A new kind is one entry in [Kinds].
type Kind struct {
	Name string

	// Public files are for everybody to read; others by a URL for a while.
	Public bool

	// Owner is the entity that such a file belongs to.
	Owner string

	// Types are the media types that its content may have.
	Types []string

	// MaxSize bounds its content, in bytes, and MaxPixels a picture's.
	MaxSize   int64
	MaxPixels int

	// Final content is never replaced: others count on what it was.
	Final bool

	// Kept is how long it is kept; 0 is until its entity goes.
	Kept time.Duration
}

// The kinds that code names.
const (
	ItemPicture = "item.picture"
	ProofPhoto  = "proof.photo"
	JobInput    = "job.input"
	JobReport   = "job.report"
)

// The media types, and what names of their objects end with.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
	"text/csv": ".csv", "application/x-ndjson": ".ndjson",
}

// maxPixels is that of a large camera. A picture's header may promise any number.
const maxPixels = 50_000_000

// Kinds are all there are.
func Kinds() []Kind {
	photos := []string{"image/jpeg", "image/png", "image/webp"}
	rows := []string{"text/csv", "application/x-ndjson"}
	return []Kind{
		{Name: ItemPicture, Public: true, Owner: "shop", Types: append(photos, "image/gif"), MaxSize: 8 << 20, MaxPixels: maxPixels},
		{Name: ProofPhoto, Owner: "order", Types: photos, MaxSize: 12 << 20, MaxPixels: maxPixels, Final: true, Kept: 180 * 24 * time.Hour},
		{Name: JobInput, Owner: "shop", Types: rows, MaxSize: 512 << 20, Final: true, Kept: 90 * 24 * time.Hour},
		{Name: JobReport, Owner: "job", Types: rows, MaxSize: 256 << 20, Kept: 90 * 24 * time.Hour},
	}
}

// Find returns the kind of that name.
func Find(name string) (Kind, error) {
	var names []string
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, &RefusedError{"kind", fmt.Sprintf("is unknown: use %s", strings.Join(names, ", "))}
}

// Picture reports whether files of the kind have dimensions.
func (k Kind) Picture() bool { return k.MaxPixels > 0 }

func (k Kind) admits(size int64) error {
	if size < 1 || size > k.MaxSize {
		return &RefusedError{"size", fmt.Sprintf("must be 1 to %d bytes", k.MaxSize)}
	}
	return nil
}

// Check refuses content that is not what the kind may be.
func (k Kind) Check(c Content) error {
	if err := k.admits(c.Size); err != nil {
		return err
	}
	if !slices.Contains(k.Types, c.Type) {
		return &RefusedError{"content", fmt.Sprintf("is %s: send one of %s", c.Type, strings.Join(k.Types, ", "))}
	}
	if k.Picture() && (c.Width < 1 || c.Height < 1 || c.Width > k.MaxPixels/c.Height) {
		return &RefusedError{"content", fmt.Sprintf("is a picture of %d by %d pixels: send one of at most %d", c.Width, c.Height, k.MaxPixels)}
	}
	return nil
}
