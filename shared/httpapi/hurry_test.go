package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/shared/httpapi"
)

// patience is long: how soon is not what is tried.
const patience = 30 * time.Second

func TestABodyThatDribblesInIsCutOff(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"by a handler that reads it": func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				http.Error(w, "it never came", http.StatusBadRequest)
			}
		},
		"by one that refuses before": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
	} {
		for _, length := range []string{"Content-Length: 100", "Transfer-Encoding: chunked"} {
			t.Run(name+", "+length, func(t *testing.T) {
				s := httptest.NewServer(httpapi.Hurry(50 * time.Millisecond)(handler))
				defer s.Close()
				conn, err := net.Dial("tcp", s.Listener.Addr().String())
				require.NoError(t, err)
				defer conn.Close()
				_, err = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n5\r\n{", length)
				require.NoError(t, err)
				require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
				_, err = io.Copy(io.Discard, conn)
				require.NoError(t, err, "the server ends the connection")
			})
		}
	}
}

func TestAnAnswerMayTakeLongerThanABody(t *testing.T) {
	s := httptest.NewServer(httpapi.Hurry(100 * time.Millisecond)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusGatewayTimeout)
		case <-time.After(300 * time.Millisecond):
		}
	})))
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	in := bufio.NewReader(conn)
	for range 2 { // and the connection goes on
		_, err = fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
		require.NoError(t, err)
		answer, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode)
	}
}
