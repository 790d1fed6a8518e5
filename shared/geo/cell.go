package geo

import "math"

// mercatorLat is the latitude at which Web Mercator, and Redis's geo index, end.
const mercatorLat = 85.05112878

// cellBits is the number of bits of each coordinate in a cell.
const cellBits = 26

// Cell returns the cell of about 0.6 m in which p is: the bits of its latitude
// and longitude in turn, the longitude's first. It is the score by which a geo
// index of Redis sorts. Two points in cells of nearby numbers are mostly near.
func (p Point) Cell() uint64 {
	return spread(offset(p.Lat, mercatorLat)) | spread(offset(p.Lng, MaxLng))<<1
}

// offset returns where x is between -limit and limit, as a number of cellBits.
func offset(x, limit float64) uint64 {
	share := (x + limit) / (2 * limit)
	return uint64(math.Min(math.Max(share, 0)*(1<<cellBits), 1<<cellBits-1))
}

// spread puts a zero before every bit of the lower half of x.
func spread(x uint64) uint64 {
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}
