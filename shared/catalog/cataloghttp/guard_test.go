package cataloghttp

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/shared/catalog"
)

// home is the one address that is open to everybody in these tests; the rest of
// loopback is inside.
var home = netip.MustParseAddr("127.0.0.1")

func outside(t *testing.T, names *net.Resolver) *Client {
	t.Helper()
	c := New(Options{Transport: newTransport(func(ip netip.Addr) bool { return ip.Unmap() == home }, names)})
	t.Cleanup(c.Close)
	return c
}

func TestARedirectDoesNotLeadInside(t *testing.T) {
	var to string
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to, http.StatusFound)
	}))
	t.Cleanup(provider.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(provider.URL, "http://"), ":")
	c := outside(t, nil)
	for _, to = range []string{
		"http://127.0.0.2:" + port + "/x.png", "http://[::1]:" + port + "/x.png", "http://10.0.0.1/x.png", "http://192.168.1.1/x.png",
		"http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/x.png", "http://[fd00:ec2::254]/latest/meta-data/",
	} {
		t.Run(to, func(t *testing.T) {
			_, err := c.Picture(t.Context(), provider.URL, Validators{})
			require.ErrorIs(t, err, ErrForbidden)
			s := catalog.Settings{Shop: "bakery", Provider: catalog.Provider{BaseURL: provider.URL}}.WithDefaults()
			_, err = c.Fetch(t.Context(), s, catalog.PageRef{}, nil)
			require.ErrorIs(t, err, ErrForbidden)
		})
	}
	to = "file:///etc/passwd"
	_, err := c.Picture(t.Context(), provider.URL, Validators{})
	require.Error(t, err)
}

// TestANameThatChangesItsMindDoesNotLeadInside is of DNS rebinding: a name that
// led outside when it was looked at leads inside when it is used.
func TestANameThatChangesItsMindDoesNotLeadInside(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, "picture")
	}))
	t.Cleanup(provider.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(provider.URL, "http://"), ":")
	var answer atomic.Value
	answer.Store(home)
	c := outside(t, nameserver(t, func() netip.Addr { return answer.Load().(netip.Addr) }))

	address := "http://pictures.example:" + port + "/x.png"
	p, err := c.Picture(t.Context(), address, Validators{})
	require.NoError(t, err)
	require.NoError(t, p.Body.Close())
	for _, inside := range []string{"127.0.0.2", "169.254.169.254", "10.0.0.1"} {
		answer.Store(netip.MustParseAddr(inside))
		_, err = c.Picture(t.Context(), address, Validators{})
		require.ErrorIs(t, err, ErrForbidden, inside)
	}
}

// nameserver returns a resolver for which every name has one IPv4 address.
func nameserver(t *testing.T, address func() netip.Addr) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	go func() {
		question := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(question)
			if err != nil {
				return // closed
			}
			_, _ = server.WriteTo(reply(question[:n], address()), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

// reply answers a question of DNS: with an address if one of IPv4 is asked for,
// and with none otherwise.
func reply(question []byte, address netip.Addr) []byte {
	const header, ipv4 = 12, 1
	end := header
	for question[end] != 0 {
		end += 1 + int(question[end])
	}
	asked := question[end+2]
	answer := append([]byte{}, question[:end+5]...)
	copy(answer[2:header], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	if asked != ipv4 {
		return answer
	}
	answer[7] = 1
	answer = append(answer, 0xc0, header, 0, ipv4, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(answer, address.AsSlice()...)
}
