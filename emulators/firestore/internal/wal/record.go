package wal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// A record is a length, a checksum, and documents as one message.
const headerSize = 8

// maxRecord is far above what a commit of 10 MiB can become.
const maxRecord = 1 << 30

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errTorn marks a record that is incomplete or damaged.
var errTorn = errors.New("wal: torn record")

func encode(docs []*pb.Document) ([]byte, error) {
	data, err := proto.MarshalOptions{}.MarshalAppend(make([]byte, headerSize), &pb.ListDocumentsResponse{Documents: docs})
	if err != nil {
		return nil, fmt.Errorf("encode commit: %w", err)
	}
	body := data[headerSize:]
	binary.LittleEndian.PutUint32(data, uint32(len(body)))
	binary.LittleEndian.PutUint32(data[4:], crc32.Checksum(body, castagnoli))
	return data, nil
}

// read returns the next record; io.EOF at a clean end.
func read(r io.Reader) (docs []*pb.Document, size int, err error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		}
		return nil, 0, errTorn
	}
	n := binary.LittleEndian.Uint32(header[:])
	if n > maxRecord {
		return nil, 0, errTorn
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil || crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(header[4:]) {
		return nil, 0, errTorn
	}
	var list pb.ListDocumentsResponse
	if err := proto.Unmarshal(body, &list); err != nil {
		return nil, 0, errTorn
	}
	return list.Documents, headerSize + int(n), nil
}

// replayFile restores a file's records and returns the length of the intact
// part, with errTorn if there is more.
func replayFile(path string, restore func([]*pb.Document) error) (size int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("replay log: %w", err)
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		docs, n, err := read(r)
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		if err := restore(docs); err != nil {
			return size, fmt.Errorf("replay %s: %w", path, err)
		}
		size += n
	}
}
