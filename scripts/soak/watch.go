package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"cloud.google.com/go/firestore"
	goredis "github.com/redis/go-redis/v9"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/shared/platform"
)

// watch looks every so often, and reports in the end.
func watch(ctx context.Context, o options, c platform.Config, services, people *child) error {
	db, err := firestore.NewClient(ctx, c.Project, option.WithEndpoint(c.FirestoreEmulator), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		return err
	}
	defer db.Close()
	cache := goredis.NewClient(&goredis.Options{Addr: c.Redis})
	defer cache.Close()
	h := newHistory()
	look := func() (sample, error) {
		s := sample{}
		return s, errors.Join(s.ofPlatform(), s.ofProcess("services", services.cmd.Process.Pid), s.ofProcess("city", people.cmd.Process.Pid), h.ofRedis(ctx, s, cache), h.ofFirestore(ctx, s, db))
	}
	began := time.Now()
	for next := began.Add(o.every); time.Since(began) < o.lasts; next = next.Add(o.every) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(next)):
		}
		s, err := look()
		if err != nil {
			return err
		}
		fmt.Printf("%s  heap %.0f MB, resident %.0f MB, %.0f goroutines, %.0f file handles, %.0f keys\n", time.Since(began).Round(time.Second),
			s["platform: heap, MB"], s["platform: resident, MB"], s["platform: goroutines"], s["platform: file handles"], s["redis: keys"])
		if time.Since(began) > o.warm {
			h.add(time.Since(began), s)
		}
	}
	if len(h.at) < 3 {
		return errors.New("too few looks after the warm-up to draw a line: give it longer, or look more often")
	}
	fmt.Println()
	if grew := h.report(os.Stdout); len(grew) > 0 {
		return fmt.Errorf("not flat: %s", strings.Join(grew, "; "))
	}
	return nil
}
