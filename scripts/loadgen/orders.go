package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// storefront is a shop that is open, with what can be had there.
type storefront struct {
	ID    string
	Point struct {
		Lat float64 `json:"lat"`
		Lng float64 `json:"lng"`
	}
	items []struct {
		ID      string
		Charged int64
	}
	minimum int64
}

// awaited are orders whose news have not come yet, or came too soon.
type awaited struct {
	mu    sync.Mutex
	due   map[string]time.Time // by order, until its news has come; guarded by mu
	early map[string]time.Time // when news came before the answer; guarded by mu
}

// invite signs the customers in, and opens their sockets.
func (l *loader) invite(ctx context.Context) (err error) {
	if l.orders == 0 {
		return nil
	}
	if err := l.find(ctx); err != nil {
		return err
	}
	l.awaited.due, l.awaited.early = map[string]time.Time{}, map[string]time.Time{}
	if l.customers, err = l.people(ctx, "customer", "load-customer", max(8, int(4*l.orders))); err != nil {
		return err
	}
	for _, token := range l.customers {
		if err := l.listen(ctx, token, nil, l.hear); err != nil {
			return err
		}
	}
	return nil
}

// find looks for a shop that takes orders.
func (l *loader) find(ctx context.Context) error {
	var page struct {
		Shops []struct {
			storefront
			OpenNow  bool
			MinOrder int64
		}
	}
	if err := l.call(ctx, l.token, http.MethodGet, "/v1/shops?limit=200", nil, &page); err != nil {
		return err
	}
	for _, s := range page.Shops {
		if l.shop != "" && l.shop != s.ID || !s.OpenNow {
			continue
		}
		l.at = s.storefront
		l.at.minimum = s.MinOrder
		var goods struct {
			Items []struct {
				ID      string
				Charged int64
			}
		}
		if err := l.call(ctx, l.token, http.MethodGet, "/v1/shops/"+s.ID+"/items?limit=100&available=true", nil, &goods); err != nil {
			return err
		}
		if l.at.items = goods.Items; len(goods.Items) > 0 {
			return nil
		}
	}
	return errors.New("no shop takes orders: name one with -shop, or let the demo's city open some")
}

// order is a customer's: a cart, an order, and back.
func (l *loader) order(ctx context.Context, n int, due time.Time) {
	token := l.customers[n%len(l.customers)]
	cart := l.cart(n)
	var quote struct {
		Ready    bool
		Problems []struct{ Code string }
		Quote    struct{ Hash string }
	}
	err := l.call(ctx, token, http.MethodPost, "/v1/carts/validate", cart, &quote)
	if err == nil && !quote.Ready {
		err = fmt.Errorf("the cart is not ready: %v", quote.Problems)
	}
	l.quotes.done(due, time.Now(), err)
	if err != nil {
		return
	}
	cart["quote"] = quote.Quote.Hash
	var placed struct{ ID string }
	err = l.call(ctx, token, http.MethodPost, "/v1/orders", cart, &placed)
	l.placed.done(due, time.Now(), err)
	if err != nil {
		return
	}
	l.await(placed.ID, due)
	_ = l.call(ctx, token, http.MethodPost, "/v1/orders/"+placed.ID+"/cancel", object{"reason": "a load test"}, nil) // a shop may have been faster
}

// cart is for a few of one item, as many as the shop asks for.
func (l *loader) cart(n int) object {
	item := l.at.items[n%len(l.at.items)]
	quantity := 1 + l.at.minimum/max(1, item.Charged)
	return object{
		"shop": l.at.ID, "lines": []object{{"item": item.ID, "quantity": quantity, "price": item.Charged}},
		"dropoff": object{"point": l.at.Point, "address": "Load 1"},
	}
}

// await has the news of an order measured; it may be here already.
func (l *loader) await(order string, due time.Time) {
	l.awaited.mu.Lock()
	came, here := l.awaited.early[order]
	delete(l.awaited.early, order)
	if !here {
		l.awaited.due[order] = due
	}
	l.awaited.mu.Unlock()
	if here {
		l.news.done(due, came, nil)
	}
}

// hear notes when a customer first hears of an order.
func (l *loader) hear(f frame) {
	now := time.Now()
	var n struct {
		Order   string
		Version int
	}
	if f.Kind != "order.changed" || json.Unmarshal(f.Data, &n) != nil || n.Version != 1 {
		return
	}
	l.awaited.mu.Lock()
	due, awaited := l.awaited.due[n.Order]
	delete(l.awaited.due, n.Order)
	if !awaited {
		l.awaited.early[n.Order] = now
	}
	l.awaited.mu.Unlock()
	if awaited {
		l.news.done(due, now, nil)
	}
}
