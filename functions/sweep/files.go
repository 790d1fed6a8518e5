package sweep

import (
	"context"
	"fmt"
	"log/slog"
)

// Files deletes, once a day and a part of it each time, the files that no entity
// needs and the objects that no record needs, and returns how many.
type Files interface {
	Reap(ctx context.Context) (deleted int, err error)
}

func (f *Function) sweepFiles(ctx context.Context) error {
	n, err := f.files.Reap(ctx)
	if n > 0 {
		f.log.InfoContext(ctx, "deleted files that nothing needs any more", slog.Int("files", n))
	}
	if err != nil {
		return fmt.Errorf("sweep files: %w", err)
	}
	return nil
}
