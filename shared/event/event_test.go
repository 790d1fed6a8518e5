package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/event"
)

var update = flag.Bool("update", false, "write the golden file of a version that has none")

// examples holds one filled-in event of every type.
var examples = []event.Event{
	&event.JobPlan{Job: "01j9"},
	&event.CatalogPage{
		Job: "01j9", Shop: "corner-bakery", Settings: 7, Page: 12, Cursor: "eyJpZCI6MX0",
		From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), Last: true,
	},
	&event.ClientNotice{
		To: []string{"customer:7", "topic order:12"}, Kind: "order.changed", Subject: "order:12", Data: json.RawMessage("{}"),
	},
	&event.ClientPush{
		Client: "courier:7", Notice: "courier:7/x1/12", Kind: "offer.made", Text: "A new delivery is on offer", Data: json.RawMessage("{}"),
		Until: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
	},
	&event.CourierFact{
		Courier: "ada", Zone: "valletta", Order: "12", Dimension: "rating", Good: 75, Trials: event.FactUnit, Cause: "merchant", Undoes: "4f9a",
	},
	&event.DispatchChanged{Order: "12", Zone: "valletta", State: "carried", Courier: "ada", Gen: 2, Version: 7},
	&event.OrderChanged{
		Order: "12", Shop: "corner-bakery", Zone: "valletta", Customer: "7", Courier: "ada", From: "ready", To: "picked_up", Version: 5,
	},
	&event.ItemPicture{Shop: "corner-bakery", Source: "https://provider.example/rye.jpg"},
	&event.BulkPage{Job: "01j9", Shop: "corner-bakery", Page: 3, Items: []string{"croissant", "rye"}, Start: 4096, End: 8192},
	&event.LocationBatch{
		Shard: 3,
		Positions: []event.LocationFix{{
			Courier: "ada", At: time.Date(2026, 11, 1, 12, 0, 0, 5e6, time.UTC), Seq: 41, Lat: 30.2747, Lng: -97.7404,
			Accuracy: 4.5, Speed: 6.25, Heading: 270,
		}},
		Trails: []event.LocationTrail{{Order: "o-1", Courier: "ada", Points: []byte{1, 2, 128, 167, 185, 174, 13, 152, 210, 239, 28, 223, 153, 155, 93, 4, 200, 1, 0}}},
	},
}

// A consumer that was deployed yesterday must read what is published today, so
// -update writes only goldens that do not exist yet: a changed shape needs a
// new version.
func TestPublishedVersionsKeepTheirShape(t *testing.T) {
	for _, e := range examples {
		t.Run(string(e.Type()), func(t *testing.T) {
			got, err := json.MarshalIndent(e, "", "  ")
			require.NoError(t, err)
			got = append(got, '\n')

			path := filepath.Join("testdata", string(e.Type())+".json")
			want, err := os.ReadFile(path)
			if *update && errors.Is(err, fs.ErrNotExist) {
				require.NoError(t, os.WriteFile(path, got, 0o644))
				want = got
			} else {
				require.NoError(t, err, "run this test with -update to write the golden of a new version")
			}
			require.Equal(t, string(want), string(got), "a changed shape needs a new version, not a new golden")

			back := reflect.New(reflect.TypeOf(e).Elem()).Interface().(event.Event)
			dec := json.NewDecoder(bytes.NewReader(want))
			dec.DisallowUnknownFields()
			require.NoError(t, dec.Decode(back))
			require.Equal(t, e, back)
			require.NoError(t, back.Validate())
			require.NotEmpty(t, back.Key())
		})
	}
}

func TestEveryTypeIsListedAndHasAnExample(t *testing.T) {
	var listed, shown []event.Type
	for _, e := range event.All() {
		listed = append(listed, e.Type())
	}
	for _, e := range examples {
		shown = append(shown, e.Type())
	}
	require.ElementsMatch(t, listed, shown)

	goldens, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Len(t, goldens, len(listed), "a golden without an event, or the other way round")
}

func TestValidate(t *testing.T) {
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		event event.Event
		field string
	}{
		"a plan without a job":             {&event.JobPlan{}, "job"},
		"a page without a shop":            {&event.CatalogPage{Job: "j", Settings: 1}, "shop"},
		"a page without settings":          {&event.CatalogPage{Job: "j", Shop: "s"}, "settings"},
		"a page before the first":          {&event.CatalogPage{Job: "j", Shop: "s", Settings: 1, Page: -1}, "page"},
		"a page that ends before it began": {&event.CatalogPage{Job: "j", Shop: "s", Settings: 1, From: at, To: at.Add(-1)}, "to"},
		"a bulk page of nothing":           {&event.BulkPage{Job: "j", Shop: "s"}, "items"},
		"a bulk page before the file":      {&event.BulkPage{Job: "j", Shop: "s", Start: -1, End: 5}, "start"},
		"a batch of no locations":          {&event.LocationBatch{}, "positions"},
		"a batch of no shard":              {&event.LocationBatch{Shard: -1, Positions: []event.LocationFix{{}}}, "shard"},
		"a location of nobody":             {&event.LocationBatch{Positions: []event.LocationFix{{At: at}}}, "positions.courier"},
		"a location beyond the pole":       {&event.LocationBatch{Positions: []event.LocationFix{{Courier: "c", At: at, Lat: 91}}}, "positions.lat"},
		"a fact of no dimension":           {&event.CourierFact{Courier: "c", Zone: "z", Order: "o", Trials: 100}, "dimension"},
		"a fact better than all trials":    {&event.CourierFact{Courier: "c", Zone: "z", Order: "o", Dimension: "rating", Good: 101, Trials: 100}, "good"},
		"a trail of nothing":               {&event.LocationBatch{Trails: []event.LocationTrail{{Order: "o", Courier: "c"}}}, "trails.points"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := test.event.Validate()
			require.ErrorIs(t, err, event.ErrInvalid)
			var invalid *event.InvalidError
			require.ErrorAs(t, err, &invalid)
			require.Equal(t, test.field, invalid.Field)
		})
	}
}

func TestDeriveID(t *testing.T) {
	require.Equal(t, event.DeriveID("a", "b"), event.DeriveID("a", "b"))
	require.NotEqual(t, event.DeriveID("a", "b"), event.DeriveID("ab"))
	require.NotEqual(t, event.DeriveID("a", ""), event.DeriveID("a"))
	require.NotEqual(t, event.NewID(), event.NewID())
	require.Len(t, string(event.NewID()), 26)
}
