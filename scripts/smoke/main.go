// Command smoke calls services at the addresses that are its arguments, separated
// by spaces or commas, and fails if one of them does not answer that it is well
// within two minutes.
//
// It runs as a job beside the services, whose ingress is internal, and signs its
// calls as the account that it runs as.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"google.golang.org/api/idtoken"
)

const (
	patience = 2 * time.Minute // a first start may wait for a map
	pause    = 2 * time.Second
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	urls := strings.FieldsFunc(strings.Join(os.Args[1:], ","), func(r rune) bool { return r == ',' || r == ' ' })
	if err := smoke(ctx, urls, signed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// signed returns a client whose calls are signed for one service.
func signed(ctx context.Context, url string) (*http.Client, error) {
	source, err := idtoken.NewTokenSource(ctx, audience(url))
	if err != nil {
		return nil, err
	}
	return oauth2.NewClient(ctx, source), nil
}

// audience is the service's own address: that of a revision has the revision's
// tag before it.
func audience(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	if _, service, tagged := strings.Cut(rest, "---"); tagged {
		rest = service
	}
	return scheme + "://" + rest
}

// smoke calls all services at once and returns what is wrong with each.
func smoke(ctx context.Context, urls []string, client func(context.Context, string) (*http.Client, error)) error {
	if len(urls) == 0 {
		return errors.New("no addresses to call")
	}
	errs := make(chan error, len(urls))
	for _, url := range urls {
		go func() { errs <- well(ctx, url, client) }()
	}
	var all []error
	for range urls {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// well waits until a service answers that it is well.
func well(ctx context.Context, url string, client func(context.Context, string) (*http.Client, error)) error {
	c, err := client(ctx, url)
	if err != nil {
		return fmt.Errorf("%s: %w", url, err)
	}
	for {
		err := ask(ctx, c, url)
		if err == nil {
			fmt.Println("ok", url)
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func ask(ctx context.Context, c *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return nil
}
