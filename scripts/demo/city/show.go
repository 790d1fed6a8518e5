package city

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Show runs a city, and shows how it does, until ctx ends or the city does. Then
// it checks what became of all orders.
func Show(ctx context.Context, o Options, screen *Screen) error {
	o.Say = screen.Say
	c, err := New(o)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { screen.Watch(watching, c) })
	err = c.Run(ctx)
	stop()
	watcher.Wait()
	if err == nil && ctx.Err() == nil {
		err = c.verdict(ctx, screen)
	}
	return errors.Join(err, c.Close())
}

// verdict says whether all orders of a city that has an end have theirs.
func (c *City) verdict(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	placed, _ := c.ledger.orders()
	if err := c.Check(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d orders placed: none lost, none brought twice, all ended; no stock below nothing\n", len(placed))
	return nil
}
