package city

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"net/http"

	"lastmile/shared/files"
)

// photographed is the share of deliveries that couriers prove by a photo.
const photographed = 0.2

// proof is what a courier says of a delivery: some have a photo.
func (c *courier) proof(ctx context.Context, order string) object {
	if c.rng.Float64() > photographed {
		return object{}
	}
	file, err := c.prove(ctx, order)
	if err != nil {
		c.city.complain(fmt.Errorf("courier %s: photo: %w", c.id, err))
		return object{}
	}
	return object{"proof": file}
}

// prove takes a photo of what was left at a door, and uploads it. It returns the
// file's id.
func (c *courier) prove(ctx context.Context, order string) (string, error) {
	photo, err := doorstep(c.rng)
	if err != nil {
		return "", err
	}
	var u struct {
		File  string
		Parts []struct {
			Method, URL string
			Headers     map[string]string
		}
	}
	in := object{"kind": "proof.photo", "owner": "order:" + order, "size": len(photo), "crc32c": files.SumOf(photo).String()}
	if err := c.city.api.call(ctx, c.person, http.MethodPost, "/v1/files", in, &u); err != nil {
		return "", err
	}
	if len(u.Parts) != 1 {
		return "", fmt.Errorf("a photo of %d bytes goes in %d parts", len(photo), len(u.Parts))
	}
	to := u.Parts[0]
	if err := c.city.api.upload(ctx, to.Method, to.URL, to.Headers, photo); err != nil {
		return "", err
	}
	return u.File, c.city.api.call(ctx, c.person, http.MethodPost, "/v1/files/"+u.File+"/confirm", nil, nil)
}

// upload sends content to where a signed URL says, which needs no token.
func (a *api) upload(ctx context.Context, method, url string, headers map[string]string, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(content))
	if err != nil {
		return err
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	resp, err := a.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return &refusal{method + " of a photo", resp.StatusCode, resp.Status}
	}
	return nil
}

// doorstep is a picture of a parcel at a door, each of another colour.
func doorstep(rng *rand.Rand) ([]byte, error) {
	const width, height = 240, 180
	at := func(r image.Rectangle, c color.RGBA, to *image.RGBA) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				to.SetRGBA(x, y, c)
			}
		}
	}
	photo := image.NewRGBA(image.Rect(0, 0, width, height))
	at(photo.Rect, color.RGBA{214, 205, 190, 255}, photo)
	door := color.RGBA{uint8(40 + rng.IntN(120)), uint8(40 + rng.IntN(120)), uint8(40 + rng.IntN(120)), 255}
	at(image.Rect(70, 10, 170, 150), door, photo)
	at(image.Rect(0, 150, width, height), color.RGBA{150, 143, 132, 255}, photo)
	left := 80 + rng.IntN(50)
	at(image.Rect(left, 115, left+45, 160), color.RGBA{186, 140, 88, 255}, photo)
	at(image.Rect(left+19, 115, left+26, 160), color.RGBA{225, 210, 180, 255}, photo)
	var out bytes.Buffer
	err := jpeg.Encode(&out, photo, nil)
	return out.Bytes(), err
}
