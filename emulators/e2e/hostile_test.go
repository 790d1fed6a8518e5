package e2e_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastmile/emulators/stack"
)

// exchange sends bytes and returns the status of every answer to them.
func exchange(t *testing.T, s *shop, text string) (statuses []int, all string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	go func() { // a server that refuses does not read to the end
		_, _ = io.WriteString(conn, text)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	in := bufio.NewReader(conn)
	for {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses, all
		}
		body, _ := io.ReadAll(answer.Body) // as far as it comes
		statuses = append(statuses, answer.StatusCode)
		all += fmt.Sprint(answer.Header) + string(body)
	}
}

// What two servers in a row might take for different requests, and what is too
// much, is refused by whichever service is asked.
func TestRequestsThatSmuggleOrFloodAreRefused(t *testing.T) {
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	const hidden = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
	refused := []int{http.StatusBadRequest}
	for path, found := range map[string]int{
		"/v1/zones":                    http.StatusUnauthorized,
		"/":                            http.StatusOK,
		"/gateway/health":              http.StatusOK,
		"/functions/distance/v1/roads": http.StatusUnauthorized,
	} {
		head := "POST " + path + " HTTP/1.1\r\nHost: x\r\n"
		get := "GET " + path + " HTTP/1.1\r\nHost: x\r\n"
		for name, tt := range map[string]struct {
			text string
			want []int
		}{
			"two lengths":                       {head + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + hidden, refused},
			"a list of lengths":                 {head + "Content-Length: 0, 44\r\n\r\n" + hidden, refused},
			"a signed length":                   {head + "Content-Length: +0\r\n\r\n" + hidden, refused},
			"a length below nothing":            {head + "Content-Length: -1\r\n\r\n" + hidden, refused},
			"an unknown transfer":               {head + "Transfer-Encoding: xchunked\r\n\r\n" + hidden, []int{http.StatusNotImplemented}},
			"two transfers":                     {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, []int{http.StatusNotImplemented}},
			"a blank before the colon":          {head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden, refused},
			"a header without a name":           {head + ": chunked\r\n\r\n" + hidden, refused},
			"a first header that is folded":     {"GET " + path + " HTTP/1.1\r\n folded: x\r\nHost: x\r\n\r\n", refused},
			"two hosts":                         {get + "Host: y\r\n\r\n", refused},
			"no host":                           {"GET " + path + " HTTP/1.1\r\n\r\n", refused},
			"a host of nonsense":                {"GET " + path + " HTTP/1.1\r\nHost: x/@y\r\n\r\n", refused},
			"a zero in a header":                {get + "X-Request-Id: a\x00b\r\n\r\n", refused},
			"a return in a header":              {get + "X-Request-Id: a\rb\r\n\r\n", refused},
			"a version that there is not":       {"GET " + path + " HTTP/9.1\r\nHost: x\r\n\r\n", []int{http.StatusHTTPVersionNotSupported}},
			"a URL of two megabytes":            {"GET " + path + "?" + strings.Repeat("a", 2<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{http.StatusRequestHeaderFieldsTooLarge}},
			"two megabytes of headers":          {get + strings.Repeat("X-Flood: "+strings.Repeat("a", 1000)+"\r\n", 2000) + "\r\n", []int{http.StatusRequestHeaderFieldsTooLarge}},
			"one header of two megabytes":       {get + "X-Flood: " + strings.Repeat("a", 2<<20) + "\r\n\r\n", []int{http.StatusRequestHeaderFieldsTooLarge}},
			"an address of another host":        {"GET http://evil.example" + path + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{found}},
			"a second request behind the first": {get + "\r\n" + get + "\r\n", []int{found, found}},
			"bytes that are no request":         {"\x16\x03\x01\x02\x00\x01", refused},
		} {
			t.Run(name+" at "+path, func(t *testing.T) {
				t.Parallel()
				statuses, all := exchange(t, s, tt.text)
				require.Equal(t, tt.want, statuses)
				require.NotContains(t, all, "evil.example")
			})
		}
	}
}

func TestWhatIsCompressedIsNotBlownUp(t *testing.T) {
	s := open(t, stack.Options{Quiet: true, EmbeddedRedis: true, Gateways: 1})
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, err := w.Write(bytes.Repeat([]byte(" "), 64<<20))
	require.NoError(t, err)
	_, err = w.Write([]byte(`{"identity":"a.b.c","entity":"customer"}`))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for _, path := range []string{"/v1/sessions", "/gateway/v1/events", "/functions/distance/v1/table", "/functions/assign/", "/functions/assign/timer"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, bytes.NewReader(bomb.Bytes()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("Authorization", "Bearer "+s.Operator)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusBadRequest, answer.StatusCode, "%s takes it for what it is: no JSON", path)
	}
}
