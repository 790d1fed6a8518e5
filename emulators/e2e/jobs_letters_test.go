package e2e_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/bus"
	"lastmile/shared/deadletter"
)

func TestALetterThatIsTooLargeIsCut(t *testing.T) {
	s := open(t, stackOptions())
	large := bus.Message{
		Topic: "bulk.page.v1", Data: bytes.Repeat([]byte("x"), 2<<20),
		Attributes: map[string]string{"ce-id": "large", "ce-type": "bulk.page.v1"},
	}
	require.NoError(t, s.bus.Send(t.Context(), large))
	const path = "/v1/deadletters/large:bulkpage.bulk.page.v1"
	var letter deadletter.Letter
	s.until(t, "the letter is archived", func() bool { return s.call(t, "GET", path, nil, &letter) == http.StatusOK })
	require.True(t, letter.Cut)
	require.Len(t, letter.Data, deadletter.MaxData)
	s.idle(t)

	var problem struct{ Detail string }
	require.Equal(t, http.StatusConflict, s.call(t, "POST", path+"/replay", nil, &problem))
	require.Contains(t, problem.Detail, "have its source publish it again")
	var replay struct{ Replayed int }
	require.Equal(t, http.StatusAccepted, s.call(t, "POST", "/v1/deadletters/replay", nil, &replay))
	require.Zero(t, replay.Replayed)
}
