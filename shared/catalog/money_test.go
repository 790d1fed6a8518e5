package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lastmile/shared/catalog"
)

func TestParseMoney(t *testing.T) {
	for name, c := range map[string]struct {
		text, currency string
		want           int64
		err            string
	}{
		"a price in cents":                      {"12.99", "EUR", 1299, ""},
		"a whole price":                         {"13", "EUR", 1300, ""},
		"a price that a float would miss":       {"1.15", "USD", 115, ""},
		"a leading point":                       {".5", "USD", 50, ""},
		"zeros say nothing":                     {"0012.9900", "EUR", 1299, ""},
		"yen have no point":                     {"1200", "JPY", 1200, ""},
		"yen with zeros after the point":        {"1200.00", "JPY", 1200, ""},
		"yen cannot be divided":                 {"1200.5", "JPY", 0, "more digits"},
		"dinars have three digits":              {"1.234", "KWD", 1234, ""},
		"a tenth of a cent is refused":          {"12.999", "EUR", 0, "more digits"},
		"an exponent is exact":                  {"1.5e3", "EUR", 150000, ""},
		"a negative exponent is exact":          {"1299e-2", "EUR", 1299, ""},
		"an exponent below the cent is refused": {"1e-3", "EUR", 0, "more digits"},
		"a negative amount is read":             {"-0.05", "EUR", -5, ""},
		"zero":                                  {"0.00", "EUR", 0, ""},
		"nothing is no number":                  {"", "EUR", 0, "not a decimal"},
		"a sign is no number":                   {"-", "EUR", 0, "not a decimal"},
		"a comma is not guessed at":             {"12,99", "EUR", 0, "not a decimal"},
		"two points are no number":              {"1.2.3", "EUR", 0, "not a decimal"},
		"infinity is no number":                 {"Infinity", "EUR", 0, "not a decimal"},
		"a plus is no number":                   {"+1", "EUR", 0, "not a decimal"},
		"an amount has a bound":                 {"99999999999999999999", "EUR", 0, "too large"},
		"an exponent has a bound":               {"1e999999999", "EUR", 0, "not a decimal"},
		"a long text is clipped":                {strings.Repeat("x", 1000), "EUR", 0, "..."},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := catalog.ParseMoney(c.text, c.currency)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				require.Less(t, len(err.Error()), 200)
				return
			}
			require.NoError(t, err)
			require.Equal(t, catalog.Money{Amount: c.want, Currency: c.currency}, got)
		})
	}
}

func TestMoneyReadsWhatItWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := catalog.Money{
			Amount:   rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "amount"),
			Currency: rapid.SampledFrom([]string{"EUR", "JPY", "KWD", "CLF"}).Draw(t, "currency"),
		}
		text, code, _ := strings.Cut(want.String(), " ")
		got, err := catalog.ParseMoney(text, code)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}
