package provider

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"time"
)

// imageSide is that of a picture, in pixels.
const imageSide = 96

// image serves the picture of a product, which never changes: a disc, in a colour
// of its own.
func (s *Server) image(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(r.PathValue("name"), ".png")
	if !ok || len(id) > 40 {
		http.NotFound(w, r)
		return
	}
	s.counts.add("/images")
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("ETag", `"`+id+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(drawn(id)))
}

// drawn returns the picture of a product as PNG.
func drawn(id string) []byte {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // cannot fail
	n := h.Sum32()
	ink := color.RGBA{R: 64 + byte(n)/2, G: 64 + byte(n>>8)/2, B: 64 + byte(n>>16)/2, A: 255}
	m := image.NewPaletted(image.Rect(0, 0, imageSide, imageSide), color.Palette{color.RGBA{R: 245, G: 245, B: 240, A: 255}, ink})
	const half, radius = imageSide / 2, imageSide / 3
	for y := range imageSide {
		for x := range imageSide {
			if dx, dy := x-half, y-half; dx*dx+dy*dy < radius*radius {
				m.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // to memory: it cannot fail
	return b.Bytes()
}
