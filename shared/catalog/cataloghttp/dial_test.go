package cataloghttp

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8":                true,
		"2606:4700:4700::1111":   true,
		"::ffff:8.8.8.8":         true,
		"127.0.0.1":              false,
		"127.8.8.8":              false,
		"::1":                    false,
		"::ffff:127.0.0.1":       false,
		"0.0.0.0":                false,
		"::":                     false,
		"10.1.2.3":               false,
		"172.16.0.1":             false,
		"172.32.0.1":             true,
		"192.168.1.1":            false,
		"169.254.169.254":        false,
		"::ffff:169.254.169.254": false,
		"64:ff9b::a9fe:a9fe":     false,
		"2002:7f00:1::":          false,
		"fd00:ec2::254":          false,
		"fe80::1":                false,
		"fec0::1":                false,
		"100.100.100.200":        false,
		"168.63.129.16":          false,
		"224.0.0.1":              false,
		"255.255.255.255":        false,
		"::7f00:1":               false,
	} {
		require.Equal(t, want, public(netip.MustParseAddr(address)), address)
	}
}
