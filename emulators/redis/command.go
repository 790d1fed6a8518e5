package redis

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Limits on one command, those of Redis itself.
const (
	maxArguments = 1 << 20
	maxArgument  = 512 << 20
	maxLine      = 64 << 10
)

// readCommand reads one command of the Redis protocol, either an array of bulk
// strings or a line of words, and returns its name and its bytes. It passes
// over empty ones, as Redis does (miniredis panics on them).
func readCommand(in *bufio.Reader) (name string, raw []byte, err error) {
	for {
		line, err := readLine(in)
		if err != nil {
			return "", nil, err
		}
		if line[0] != '*' {
			if words := strings.Fields(string(line)); len(words) > 0 {
				return strings.ToUpper(words[0]), line, nil
			}
			continue
		}
		count, err := number(line, maxArguments)
		if err != nil {
			return "", nil, err
		}
		if count > 0 {
			return readArray(in, line, count)
		}
	}
}

// readArray reads the arguments of a command that line announced.
func readArray(in *bufio.Reader, line []byte, count int) (name string, raw []byte, err error) {
	var all bytes.Buffer
	all.Write(line)
	for i := range count {
		argument, err := readBulk(in, &all)
		if err != nil {
			return "", nil, err
		}
		if i == 0 {
			name = strings.ToUpper(string(argument))
		}
	}
	return name, all.Bytes(), nil
}

// readBulk copies one bulk string to all and returns its content.
func readBulk(in *bufio.Reader, all *bytes.Buffer) ([]byte, error) {
	line, err := readLine(in)
	if err != nil {
		return nil, err
	}
	if line[0] != '$' {
		return nil, fmt.Errorf("redis protocol: %q where a bulk string was due", line)
	}
	size, err := number(line, maxArgument)
	if err != nil {
		return nil, err
	}
	all.Write(line)
	from := all.Len()
	if _, err := io.CopyN(all, in, int64(size)+2); err != nil {
		return nil, err
	}
	return all.Bytes()[from : from+size], nil
}

// readLine reads up to and with the end of a line that is not empty.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case err != bufio.ErrBufferFull:
			return nil, err
		case len(line) > maxLine:
			return nil, fmt.Errorf("redis protocol: a line of more than %d bytes", maxLine)
		}
	}
}

// number is the count in a line such as "*3\r\n".
func number(line []byte, most int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(string(line[1:])))
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("redis protocol: bad count %q", line)
	}
	return n, nil
}
