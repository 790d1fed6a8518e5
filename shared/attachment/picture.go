package attachment

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif"  // its dimensions
	_ "image/jpeg" // its dimensions
	_ "image/png"  // its dimensions

	"lastmile/shared/event"
)

// PictureHead is how many bytes of a picture [Dimensions] needs at most: cameras
// put previews before the size.
const PictureHead = 512 << 10

// Dimensions reads those of a picture from the beginning of its content, without
// decoding it; 0 by 0 if it is none.
func Dimensions(head []byte) (width, height int) {
	if w, h, ok := webp(head); ok {
		return w, h
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(head))
	if err != nil {
		return 0, 0
	}
	return c.Width, c.Height
}

// webp reads the size in the header of a WebP picture, of which there are three
// forms.
func webp(b []byte) (width, height int, ok bool) {
	if len(b) < 30 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		return 0, 0, false
	}
	const low14 = 1<<14 - 1
	switch string(b[12:16]) {
	case "VP8 ":
		return int(binary.LittleEndian.Uint16(b[26:]) & low14), int(binary.LittleEndian.Uint16(b[28:]) & low14), true
	case "VP8L":
		bits := binary.LittleEndian.Uint32(b[21:])
		return int(bits&low14) + 1, int(bits>>14&low14) + 1, true
	case "VP8X":
		return int(uint24(b[24:])) + 1, int(uint24(b[27:])) + 1, true
	}
	return 0, 0, false
}

func uint24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// PictureOf is the file of the picture that a shop's provider has at an address:
// one for all items that show it.
func PictureOf(shop, address string) ID { return ID(event.DeriveID("picture", shop, address)) }
