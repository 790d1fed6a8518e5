//go:build !linux || race

package nowait

import "net"

func wrap(c net.Conn) net.Conn { return c }
