package catalog_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
)

// products returns the real products of bestbuy-open.
func products(t testing.TB) []byte {
	dir := os.Getenv("LASTMILE_TESTDATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(dir, "bestbuy-open", "ecommerce-3291.json.gz"))
	if err != nil {
		t.Skipf("no real products: set LASTMILE_TESTDATA (%v)", err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	require.NoError(t, err)
	body, err := io.ReadAll(unzip)
	require.NoError(t, err)
	return body
}

func realShop() catalog.Settings {
	return shop(func(s *catalog.Settings) {
		s.Fields = catalog.Fields{ID: "image", Name: "name", Description: "description", Category: "categories", Image: "image",
			Price: catalog.Price{Path: "price", Format: catalog.DecimalNumber, Currency: "USD"}}
	})
}

func TestRealProductsAreRead(t *testing.T) {
	page, err := catalog.ParsePage(realShop(), nil, products(t))
	require.NoError(t, err)
	require.Equal(t, 3291, page.Listed)
	require.Empty(t, page.Bad)
	first := page.Items[0]
	require.Equal(t, catalog.Money{Amount: 4999, Currency: "USD"}, first.Price)
	require.Equal(t, "Cell Phones / Prepaid Phones / All Prepaid Phones", first.Category)

	m := catalog.Manifests{}
	m.Merge(m.Diff(page.Items).Entries)
	require.Empty(t, m.Diff(page.Items).Items)
}

func BenchmarkParsePage(b *testing.B) {
	body, s := products(b), realShop()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalog.ParsePage(s, nil, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDiffUnchanged(b *testing.B) {
	page, err := catalog.ParsePage(realShop(), nil, products(b))
	require.NoError(b, err)
	m := catalog.Manifests{}
	m.Merge(m.Diff(page.Items).Entries)
	items := page.Items[:25]
	b.ReportAllocs()
	for b.Loop() {
		if len(m.Diff(items).Items) != 0 {
			b.Fatal("changed")
		}
	}
}
