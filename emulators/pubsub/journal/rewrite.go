package journal

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

// Rewrite replaces all records by those that write appends. The caller sees to it that
// nothing else is appended meanwhile.
func (j *Journal) Rewrite(write func(add func(kind byte, body []byte))) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	file, size, err := j.draft(write)
	if err != nil {
		return fmt.Errorf("rewrite journal %s: %w", j.path, err)
	}
	if err := errors.Join(os.Rename(file.Name(), j.path), j.file.Close()); err != nil {
		return fmt.Errorf("replace journal %s: %w", j.path, err)
	}
	j.use(file)
	j.size, j.fresh = size, size
	return nil
}

// draft writes the new file beside the old one.
func (j *Journal) draft(write func(add func(kind byte, body []byte))) (*os.File, int64, error) {
	file, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, 0, err
	}
	var size int64
	out := bufio.NewWriterSize(file, 256<<10)
	write(func(kind byte, body []byte) { size += j.write(out, kind, body) })
	if err := errors.Join(j.err, out.Flush(), file.Sync()); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, size, nil
}
