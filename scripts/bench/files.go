package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	gcs "cloud.google.com/go/storage"
	"gocloud.dev/blob"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/option"

	"lastmile/emulators/storage"
	"lastmile/shared/files"
)

const (
	benchFileSize  = 64 << 20
	benchFileRuns  = 7
	benchPiece     = 256 << 10 // as ours
	benchSmallSize = 4 << 10
	benchSmall     = 10_000
	benchSmallTurn = 500 // written by one before it is the other's turn
)

// benchFiles measures what a sum that is checked costs a write: beside a plain
// copy into the same bucket, by the same driver.
func benchFiles(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "bench-files")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	google, stop, err := benchGoogle(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for _, d := range []struct{ name, address string }{
		{"file", "file://" + dir}, {"memory", "mem://"}, {"our Cloud Storage, real client", google},
	} {
		if err := benchDriver(ctx, r, d.name, d.address); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return nil
}

// benchGoogle starts a Cloud Storage with a bucket, and returns its address.
func benchGoogle(ctx context.Context) (address string, stop func(), err error) {
	srv, err := storage.Start(storage.Options{})
	if err != nil {
		return "", nil, err
	}
	stop = func() { _ = srv.Close() }
	if err := os.Setenv("STORAGE_EMULATOR_HOST", srv.Addr()); err != nil {
		return "", stop, err
	}
	admin, err := gcs.NewClient(ctx, option.WithEndpoint("http://"+srv.Addr()+"/storage/v1/"), option.WithoutAuthentication())
	if err != nil {
		return "", stop, err
	}
	defer admin.Close()
	return "gs://files?" + url.Values{"anonymous": {"true"}}.Encode(), stop, admin.Bucket("files").Create(ctx, "bench", nil)
}

func benchDriver(ctx context.Context, r *report, name, address string) error {
	ours, err := files.Open(ctx, address, files.Options{})
	if err != nil {
		return err
	}
	defer ours.Close()
	plain, err := blob.OpenBucket(ctx, address)
	if err != nil {
		return err
	}
	defer plain.Close()
	summed := func(name string, content []byte) error {
		_, err := ours.Write(ctx, name, bytes.NewReader(content), files.Content{Size: int64(len(content))})
		return err
	}
	pieces := sync.Pool{New: func() any { return new([benchPiece]byte) }}
	copied := func(name string, content []byte) error {
		w, err := plain.NewWriter(ctx, name, &blob.WriterOptions{ContentType: "application/octet-stream"})
		if err != nil {
			return err
		}
		piece := pieces.Get().(*[benchPiece]byte)
		defer pieces.Put(piece)
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(content)}, piece[:]); err != nil {
			return err
		}
		return w.Close()
	}
	if err := benchLarge(r, name, summed, copied); err != nil {
		return err
	}
	return benchSmallFiles(r, name, summed, copied)
}

type putFile func(name string, content []byte) error

// benchLarge writes one large object by turns.
func benchLarge(r *report, name string, summed, copied putFile) error {
	content := bytes.Repeat([]byte("0123456789abcdef"), benchFileSize/16)
	var took [2][]time.Duration
	var allocated [2]uint64
	for range benchFileRuns {
		for i, put := range []putFile{summed, copied} {
			d, n, err := benchPut(func() error { return put("large", content) })
			if err != nil {
				return err
			}
			took[i], allocated[i] = append(took[i], d), n
		}
	}
	rate := func(d []time.Duration) float64 { return benchFileSize / 1e6 / slices.Min(d).Seconds() }
	show := func(i int) string { return fmt.Sprintf("%.0f MB/s, %d allocations", rate(took[i]), allocated[i]) }
	ratio := rate(took[0]) / rate(took[1])
	r.row("64 MB streamed to "+name+" with a CRC32C that is compared", show(0), show(1)+", a plain copy", fmt.Sprintf("%.0f%%", 100*ratio), "≥ 90%", ratio >= 0.9)
	return nil
}

// benchPut returns how long f took, and how often it allocated.
func benchPut(f func() error) (time.Duration, uint64, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	err := f()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return took, after.Mallocs - before.Mallocs, err
}

// benchSmallFiles writes many small objects, several at a time, by turns: what
// else the machine does hits both alike. Who begins changes too.
func benchSmallFiles(r *report, name string, summed, copied putFile) error {
	content := bytes.Repeat([]byte("x"), benchSmallSize)
	var took [2][]time.Duration
	for turn := range benchSmall / benchSmallTurn {
		for half := range 2 {
			i := (turn + half) % 2
			put := []putFile{summed, copied}[i]
			d, _, err := benchPut(func() error {
				var g errgroup.Group
				g.SetLimit(8)
				for n := range benchSmallTurn {
					g.Go(func() error { return put(fmt.Sprintf("small/%d/%d-%d", i, turn, n), content) })
				}
				return g.Wait()
			})
			if err != nil {
				return err
			}
			took[i] = append(took[i], d)
		}
	}
	rate := func(i int) float64 { return benchSmallTurn / percentile(took[i], 50).Seconds() }
	r.row("10,000 objects of 4 KB to "+name+", in turns of 500", fmt.Sprintf("%.0f/s", rate(0)), fmt.Sprintf("%.0f/s, a plain copy", rate(1)), fmt.Sprintf("%.0f%%", 100*rate(0)/rate(1)), "", true)
	return nil
}
