package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
)

// serveChild runs this program as the server that args ask for, and reports
// whether they do: a peer's memory can only be compared with that of a process.
func serveChild(ctx context.Context, args []string) (bool, error) {
	if len(args) != 2 {
		return false, nil
	}
	switch args[0] {
	case firestoreChild:
		return true, serveFirestore(ctx, args[1])
	case pubsubChild:
		return true, servePubSub(ctx, args[1])
	case distanceChild:
		return true, serveDistance(ctx, args[1])
	case listenersChild:
		return true, listen(ctx, args[1])
	case recordsChild:
		return true, serveRecords(ctx, args[1])
	}
	return false, nil
}

// startChild runs this program as a server at a free port.
func startChild(ctx context.Context, server string) (*process, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	return startChildAt(ctx, server, addr)
}

func startChildAt(ctx context.Context, server, addr string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return startProcess(addr, exec.CommandContext(ctx, self, server, addr))
}

// freeAddr is a port that was free a moment ago.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
