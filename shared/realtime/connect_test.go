package realtime_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"lastmile/shared/realtime"
)

// TestConnectByTLS is here as the connections are not those of go-redis.
func TestConnectByTLS(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	defer certified.Close()
	server := miniredis.NewMiniRedis()
	require.NoError(t, server.StartTLS(&tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}))
	defer server.Close()
	known := x509.NewCertPool()
	known.AddCert(certified.Certificate())

	for name, tc := range map[string]struct {
		roots *x509.CertPool
		name  string
		fault string
	}{
		"by the name of the address":              {roots: known},
		"by another name":                         {roots: known, name: "example.com"},
		"a name that it has no certificate for":   {roots: known, name: "redis.test", fault: "not redis.test"},
		"a certificate that nobody we know signs": {roots: x509.NewCertPool(), fault: "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			r := realtime.Connect(&redis.Options{Addr: server.Addr(), TLSConfig: &tls.Config{RootCAs: tc.roots, ServerName: tc.name, MinVersion: tls.VersionTLS12}})
			defer r.Close()
			if tc.fault != "" {
				require.ErrorContains(t, r.Ping(t.Context()).Err(), tc.fault)
				return
			}
			kinds, err := realtime.NewKinds(realtime.Standard()...)
			require.NoError(t, err)
			p, err := realtime.NewPublisher(t.Context(), r, kinds, realtime.Options{})
			require.NoError(t, err)
			h := newHost()
			h.Node, err = realtime.Join(t.Context(), p, h, realtime.NodeOptions{})
			require.NoError(t, err)
			defer h.Close(t.Context())
			h.attach(t, ann, realtime.Place{})
			publish(t, p, ann, "offer.closed", "by TLS")
			eventually(t, "it arrives", func() bool { return len(h.got()) == 1 })
		})
	}
}
