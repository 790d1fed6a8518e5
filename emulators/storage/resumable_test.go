package storage

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPieceOf(t *testing.T) {
	for header, want := range map[string]piece{
		"bytes 0-4/9":  {from: 0, size: 5, total: 9},
		"bytes 5-8/*":  {from: 5, size: 4, total: -1},
		"bytes */9":    {total: 9},
		"bytes */*":    {total: -1},
		"bytes 8-8/9":  {from: 8, size: 1, total: 9},
		"bytes 0-9/9":  {},
		"bytes 5-4/9":  {},
		"bytes -5/9":   {},
		"bytes 0-4":    {},
		"bytes 0-4/-1": {},
		"nonsense":     {},
	} {
		t.Run(header, func(t *testing.T) {
			got, err := pieceOf(&http.Request{Header: http.Header{"Content-Range": {header}}})
			require.Equal(t, want == piece{}, err != nil, "%v", err)
			if err == nil {
				require.Equal(t, want, got)
			}
		})
	}
}
