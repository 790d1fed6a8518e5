package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARareColourOutlivesTheManyShadesOfAnother(t *testing.T) {
	full := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		full.Set(i%64, i/64, color.RGBA{G: uint8(i / 16), B: uint8(i % 16), A: 255}) // 4,096 greens
	}
	red := color.RGBA{R: 200, A: 255}
	full.Set(5, 5, red)
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, full))

	small, err := shrink(picture.Bytes())
	require.NoError(t, err)
	got, err := png.Decode(bytes.NewReader(small))
	require.NoError(t, err)
	require.Equal(t, red, color.RGBAModel.Convert(got.At(5, 5)))
	require.IsType(t, &image.Paletted{}, got)
	for _, at := range []image.Point{{0, 0}, {63, 63}, {17, 40}} {
		require.Less(t, gap(full.At(at.X, at.Y), got.At(at.X, at.Y)), 400, "nearly the same at %v", at)
	}
}
