package attachment_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/attachment"
)

// webps are headers of pictures of 550 by 368 pixels, in the three forms.
func webps() map[string][]byte {
	head := func(chunk string, rest ...byte) []byte {
		b := append([]byte("RIFF\x00\x00\x00\x00WEBP"+chunk+"\x00\x00\x00\x00"), rest...)
		return append(b, make([]byte, 30)...)
	}
	return map[string][]byte{
		"lossy WebP":    head("VP8 ", 0, 0, 0, 0x9d, 0x01, 0x2a, 0x26, 0x02, 0x70, 0x01),
		"lossless WebP": head("VP8L", 0x2f, 0x25, 0xc2, 0x5b, 0),
		"extended WebP": head("VP8X", 0, 0, 0, 0, 0x25, 0x02, 0, 0x6f, 0x01, 0),
	}
}

func encoded(t testing.TB) map[string][]byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 550, 368), color.Palette{color.Black})
	all := webps()
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"PNG":  func(b *bytes.Buffer) error { return png.Encode(b, m) },
		"JPEG": func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) },
		"GIF":  func(b *bytes.Buffer) error { return gif.Encode(b, m, nil) },
	} {
		var b bytes.Buffer
		require.NoError(t, encode(&b))
		all[name] = b.Bytes()
	}
	return all
}

func TestDimensions(t *testing.T) {
	for name, content := range encoded(t) {
		width, height := attachment.Dimensions(content)
		require.Equal(t, [2]int{550, 368}, [2]int{width, height}, name)
	}
	for name, content := range map[string][]byte{"nothing": nil, "text": []byte("RIFF and raff"), "half a header": []byte("RIFF\x00\x00\x00\x00WEBPVP8X")} {
		width, height := attachment.Dimensions(content)
		require.Zero(t, width+height, name)
	}
}

// Whatever a header says, reading it ends, and what a kind admits is within its
// limit.
func FuzzDimensions(f *testing.F) {
	for _, content := range encoded(f) {
		f.Add(content[:min(len(content), 64)])
	}
	photo, err := attachment.Find(attachment.ProofPhoto)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, head []byte) {
		width, height := attachment.Dimensions(head)
		require.GreaterOrEqual(t, min(width, height), 0)
		c := attachment.Content{Size: 1, Type: "image/png", Width: width, Height: height}
		if photo.Check(c) == nil {
			require.LessOrEqual(t, int64(width)*int64(height), int64(photo.MaxPixels))
		}
	})
}
