package catalog_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
)

// shop returns settings that are valid and read the shape
// {"total":…,"next":…,"list":[{"id","name","price","stock"}]}.
func shop(edit ...func(*catalog.Settings)) catalog.Settings {
	s := catalog.Settings{
		Shop:     "corner",
		Active:   true,
		Provider: catalog.Provider{BaseURL: "https://api.example.com", Path: "/v1/products", Auth: catalog.Auth{Header: "X-Api-Key", Secret: "corner-key"}},
		Paging:   catalog.Paging{Style: catalog.ByOffset, Size: 25, SizeParam: "limit"},
		Fields:   catalog.Fields{Items: "list", ID: "id", Name: "name", Stock: "stock", Price: catalog.Price{Path: "price", Currency: "EUR"}},
	}
	for _, e := range edit {
		e(&s)
	}
	return s.WithDefaults()
}

func TestValidateNamesEveryFault(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*catalog.Settings)
		want []string
	}{
		"good settings have no fault":   {func(*catalog.Settings) {}, nil},
		"a shop is an id":               {func(s *catalog.Settings) { s.Shop = "a/b" }, []string{"shop"}},
		"a base is a web address":       {func(s *catalog.Settings) { s.Provider.BaseURL = "ftp://x" }, []string{"provider.baseUrl"}},
		"a base has no password":        {func(s *catalog.Settings) { s.Provider.BaseURL = "https://u:p@x" }, []string{"provider.baseUrl"}},
		"a base has no query":           {func(s *catalog.Settings) { s.Provider.BaseURL = "https://x?key=1" }, []string{"provider.baseUrl"}},
		"a base is not endless":         {func(s *catalog.Settings) { s.Provider.BaseURL += "/" + strings.Repeat("x", 3000) }, []string{"provider.baseUrl"}},
		"a parameter has a name":        {func(s *catalog.Settings) { s.Provider.Query = map[string]string{"": "1"} }, []string{"provider.query"}},
		"two parameters have two names": {func(s *catalog.Settings) { s.Paging.Param = "limit" }, []string{"paging.sizeParam"}},
		"a key is not a secret's name":  {func(s *catalog.Settings) { s.Provider.Auth.Secret = "sk live/123=" }, []string{"provider.auth.secret"}},
		"a header needs a secret":       {func(s *catalog.Settings) { s.Provider.Auth.Secret = "" }, []string{"provider.auth.secret"}},
		"Host is not ours to set":       {func(s *catalog.Settings) { s.Provider.Auth.Header = "Host" }, []string{"provider.auth.header"}},
		"a style is one of four":        {func(s *catalog.Settings) { s.Paging.Style = "scroll" }, []string{"paging.style", "paging.param"}},
		"a cursor has a place":          {func(s *catalog.Settings) { s.Paging.Style, s.Paging.Param = catalog.ByCursor, "c" }, []string{"paging.cursorPath"}},
		"a page is not too large":       {func(s *catalog.Settings) { s.Paging.Size = 1_000_000 }, []string{"paging.size"}},
		"a page is not negative":        {func(s *catalog.Settings) { s.Paging.Size = -1 }, []string{"paging.size"}},
		"windows have a start":          {func(s *catalog.Settings) { s.Paging = window(time.Time{}) }, []string{"paging.windows.start"}},
		"a total is in one place":       {func(s *catalog.Settings) { s.Paging.TotalPath, s.Paging.TotalHeader = "t", "T" }, []string{"paging.totalHeader"}},
		"a path is plain":               {func(s *catalog.Settings) { s.Fields.ID = "@this|#(a=1)" }, []string{"fields.id"}},
		"id, name and price are mapped": {func(s *catalog.Settings) { s.Fields = catalog.Fields{} }, []string{"fields.id", "fields.name", "fields.price.path", "fields.price.currency"}},
		"a currency is a code":          {func(s *catalog.Settings) { s.Fields.Price.Currency = "euro" }, []string{"fields.price.currency"}},
		"a currency has one source":     {func(s *catalog.Settings) { s.Fields.Price.CurrencyPath = "c" }, []string{"fields.price.currency"}},
		"a zone is IANA's":              {func(s *catalog.Settings) { s.Schedule.Zone = "Madrid" }, []string{"schedule.zone"}},
		"a machine's zone is no zone":   {func(s *catalog.Settings) { s.Schedule.Zone = "Local" }, []string{"schedule.zone"}},
		"a window has both ends":        {func(s *catalog.Settings) { s.Schedule.From = "22:00" }, []string{"schedule.to"}},
		"a window is not empty":         {func(s *catalog.Settings) { s.Schedule.From, s.Schedule.To = "22:00", "22:00" }, []string{"schedule.to"}},
		"limits are bounded": {func(s *catalog.Settings) {
			s.Limits = catalog.Limits{Parallelism: 999, TimeoutSeconds: -1, MaxResponseBytes: 1, Retries: 99, MissesAllowed: 5}
		}, []string{"limits.parallelism", "limits.timeoutSeconds", "limits.maxResponseBytes", "limits.retries", "limits.missesAllowed"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := shop(c.edit).Validate()
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			var faults catalog.Errors
			require.ErrorAs(t, err, &faults)
			var fields []string
			for _, f := range faults {
				fields = append(fields, f.Field)
				require.NotEmpty(t, f.Problem)
				require.NotEmpty(t, f.Remedy)
				require.Contains(t, err.Error(), f.Field)
			}
			require.ElementsMatch(t, c.want, unique(fields))
		})
	}
}

func unique(all []string) (kept []string) {
	seen := map[string]bool{}
	for _, s := range all {
		if !seen[s] {
			kept, seen[s] = append(kept, s), true
		}
	}
	return kept
}

func TestDefaultsFillWhatIsUnset(t *testing.T) {
	s := catalog.Settings{
		Shop:     "corner",
		Provider: catalog.Provider{BaseURL: "https://api.example.com"},
		Paging:   catalog.Paging{Style: catalog.ByWindow, Windows: catalog.Spans{Start: time.Unix(1, 0), Incremental: true}},
		Fields: catalog.Fields{ID: "id", Name: "name", Price: catalog.Price{Path: "p", Currency: "EUR"},
			Availability: catalog.Availability{Path: "a"}, Updated: catalog.Updated{Path: "u"}},
	}
	require.Error(t, s.Validate())
	require.NoError(t, s.WithDefaults().Validate())
	require.Equal(t, s.WithDefaults(), s.WithDefaults().WithDefaults())
}

func TestSettingsSurviveJSON(t *testing.T) {
	want := shop(func(s *catalog.Settings) { s.Paging = window(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) })
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got catalog.Settings
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, want, got)
}

func TestFieldsHaveOneNameEverywhere(t *testing.T) {
	for _, root := range []any{catalog.Settings{}, catalog.Item{}, catalog.BadItem{}} {
		sameNames(t, reflect.TypeOf(root))
	}
}

func sameNames(t *testing.T, of reflect.Type) {
	for i := range of.NumField() {
		field := of.Field(i)
		inJSON, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inFirestore, _, _ := strings.Cut(field.Tag.Get("firestore"), ",")
		require.NotEmpty(t, inJSON, "%s.%s", of, field.Name)
		require.Equal(t, inJSON, inFirestore, "%s.%s", of, field.Name)
		if field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[time.Time]() {
			sameNames(t, field.Type)
		}
	}
}
