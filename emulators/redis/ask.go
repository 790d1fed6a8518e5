package redis

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
)

// ask sends one command of plain words on a connection of its own and returns
// the answer.
func ask(ctx context.Context, addr, command string) (string, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	return readAnswer(bufio.NewReader(conn))
}

// readAnswer reads a simple or bulk string.
func readAnswer(in *bufio.Reader) (string, error) {
	line, err := readLine(in)
	if err != nil {
		return "", err
	}
	switch line[0] {
	case '+':
		return strings.TrimSpace(string(line[1:])), nil
	case '$':
		size, err := number(line, maxArgument)
		if err != nil {
			return "", err
		}
		content := make([]byte, size)
		_, err = io.ReadFull(in, content)
		return string(content), err
	}
	return "", fmt.Errorf("redis answered %q", strings.TrimSpace(string(line)))
}
