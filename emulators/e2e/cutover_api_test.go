package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
	"lastmile/shared/cutover"
)

func TestAnOperatorFlipsACutover(t *testing.T) {
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true})
	var made struct{ Effective time.Time }
	status := s.call(t, http.MethodPost, "/v1/cutovers/catalogpage/flips", map[string]string{"tenant": "corner", "path": "new"}, &made)
	require.Equal(t, http.StatusAccepted, status)
	require.True(t, made.Effective.After(time.Now()), "a flip is announced ahead")

	var shown struct{ Flips map[string][]cutover.Flip }
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, "/v1/cutovers/catalogpage", nil, &shown))
	require.Len(t, shown.Flips["corner"], 1)
	require.Equal(t, cutover.New, shown.Flips["corner"][0].Path)
	require.Equal(t, "operator", shown.Flips["corner"][0].By)

	var found struct{ Comparisons []cutover.Comparison }
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, "/v1/cutovers/catalogpage/comparisons", nil, &found))
	require.Empty(t, found.Comparisons)
	require.Equal(t, http.StatusUnprocessableEntity,
		s.call(t, http.MethodPost, "/v1/cutovers/catalogpage/flips", map[string]string{"path": "sideways"}, &struct{}{}))
}
