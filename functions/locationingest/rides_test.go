package locationingest_test

import (
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/race"
	"lastmile/shared/geo"
	"lastmile/shared/track"
)

// busRides are the positions of the buses of Austin on six days, made one day:
// every vehicle and day is a courier, and every trip of line 1 an order. Some
// are out of order, and some vehicles say two things at once.
func busRides(t *testing.T) []track.Fix {
	dir := os.Getenv("LASTMILE_TESTDATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	days, err := filepath.Glob(filepath.Join(dir, "gps-capmetrics", "*.csv.gz"))
	require.NoError(t, err)
	if len(days) == 0 {
		t.Skip("no real positions: set LASTMILE_TESTDATA")
	}
	var all []track.Fix
	days = days[:race.Fewer(len(days), 1)]
	for n, day := range days {
		all = append(all, busDay(t, n, day)...)
	}
	require.Greater(t, len(all), race.Fewer(250_000, 10_000))
	return all
}

func busDay(t *testing.T, n int, name string) []track.Fix {
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	rows, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	date := strings.TrimSuffix(filepath.Base(name), ".csv.gz")
	fixes := make([]track.Fix, 0, len(rows))
	for i, row := range rows[1:] { // vehicle, time, speed, route, trip, lat, lng
		at, err := time.Parse(time.RFC3339, row[1])
		require.NoError(t, err)
		midnight, err := time.ParseInLocation(time.DateOnly, date, at.Location())
		require.NoError(t, err)
		number := func(s string) float64 {
			x, err := strconv.ParseFloat(s, 64)
			require.NoError(t, err)
			return x
		}
		f := track.Fix{
			Courier: track.CourierID(fmt.Sprintf("day%d-bus%s", n, row[0])), At: noon.Add(at.Sub(midnight)), Seq: int64(i),
			Point: geo.Point{Lat: number(row[5]), Lng: number(row[6])}, Speed: number(row[2]),
		}
		if row[3] == "1" {
			f.Order = track.OrderID(fmt.Sprintf("day%d-trip%s", n, row[4]))
		}
		fixes = append(fixes, f)
	}
	return fixes
}

// randomRides are couriers who wander about with an order for a while. Some
// devices jump, lose their clock or their mind.
func randomRides(couriers, fixesEach int) []track.Fix {
	r := rand.New(rand.NewPCG(11, 12))
	var all []track.Fix
	for c := range couriers {
		p := geo.Point{Lat: 30 + r.Float64(), Lng: -98 + r.Float64()}
		for i := range fixesEach {
			p.Lat, p.Lng = p.Lat+(r.Float64()-0.5)/1000, p.Lng+(r.Float64()-0.5)/1000
			f := track.Fix{
				Courier: track.CourierID(fmt.Sprint("courier", c)), At: noon.Add(time.Duration(i) * 3 * time.Second), Seq: int64(i),
				Point: p, Accuracy: 20 * r.Float64(), Heading: 360 * r.Float64(),
			}
			if i > fixesEach/2 {
				f.Order = track.OrderID(fmt.Sprint("order", c))
			}
			switch r.IntN(60) {
			case 0:
				f.At = noon.AddDate(1, 0, 0)
			case 1:
				f.Lat = -f.Lat * 9
			}
			all = append(all, f)
		}
	}
	return all
}
