package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
)

// shrink makes a picture half as large, for all who fetch the repository: it keeps
// 256 colours, and gives the others the nearest of those.
func shrink(picture []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("decode a picture: %w", err)
	}
	small := image.NewPaletted(full.Bounds(), palette(full))
	index := map[color.Color]uint8{}
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			c := full.At(x, y)
			i, known := index[c]
			if !known {
				i = uint8(small.Palette.Index(c))
				index[c] = i
			}
			small.SetColorIndex(x, y, i)
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}

// palette is the colours that are seen most, and those that are least like them.
func palette(full image.Image) color.Palette {
	seen := map[color.Color]int{}
	for y := full.Bounds().Min.Y; y < full.Bounds().Max.Y; y++ {
		for x := full.Bounds().Min.X; x < full.Bounds().Max.X; x++ {
			seen[full.At(x, y)]++
		}
	}
	rest := slices.SortedFunc(maps.Keys(seen), func(a, b color.Color) int { return cmp.Compare(seen[b], seen[a]) })
	usual := min(len(rest), 192)
	p := color.Palette(slices.Clone(rest[:usual]))
	rest = rest[usual:]
	gaps := make([]int, len(rest))
	for i, c := range rest {
		gaps[i] = gap(c, p[p.Index(c)])
	}
	for len(p) < 256 && len(rest) > 0 {
		far := slices.Index(gaps, slices.Max(gaps))
		p = append(p, rest[far])
		for i, c := range rest {
			gaps[i] = min(gaps[i], gap(c, rest[far]))
		}
	}
	return p
}

// gap is how unlike two colours are.
func gap(a, b color.Color) int {
	r, g, bl, _ := a.RGBA()
	r2, g2, bl2, _ := b.RGBA()
	dr, dg, db := int(r>>8)-int(r2>>8), int(g>>8)-int(g2>>8), int(bl>>8)-int(bl2>>8)
	return dr*dr + dg*dg + db*db
}
