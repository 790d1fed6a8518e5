package city

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"lastmile/shared/catalog"
)

// provider is the third party that keeps the shops' catalogues. It is down now and
// then, and slow at other times.
type provider struct {
	url    string
	server *http.Server
	served chan struct{}

	mu    sync.Mutex
	menus map[string][]product // guarded by mu
	down  map[string]time.Time // until when; guarded by mu
}

// startProvider serves catalogues at addr; public is where the platform finds it,
// and "" is there too.
func startProvider(addr, public string) (*provider, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	if public == "" {
		public = "http://" + l.Addr().String()
	}
	p := &provider{url: public, served: make(chan struct{}), menus: map[string][]product{}, down: map[string]time.Time{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shops/{shop}/products", p.products)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { defer close(p.served); _ = p.server.Serve(l) }()
	return p, nil
}

func (p *provider) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := p.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = p.server.Close()
	}
	<-p.served
	return err
}

// list has the provider serve a shop's menu.
func (p *provider) list(shop string, menu []product) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.menus[shop] = menu
}

// fail has the provider answer nothing for a shop for a while.
func (p *provider) fail(shop string, lasts time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down[shop] = time.Now().Add(lasts)
}

// restock changes what shops have, and some of their prices.
func (p *provider) restock(rng *rand.Rand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, menu := range p.menus {
		for i := range menu {
			if rng.IntN(4) == 0 {
				menu[i].Quantity = rng.Int64N(400)
			}
			if rng.IntN(10) == 0 {
				menu[i].Cents += 10*rng.Int64N(11) - 50
			}
		}
	}
}

func (p *provider) products(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.FormValue("limit"))
	offset, _ := strconv.Atoi(r.FormValue("offset"))
	p.mu.Lock()
	menu, down := p.menus[r.PathValue("shop")], time.Now().Before(p.down[r.PathValue("shop")])
	offset = min(max(offset, 0), len(menu))
	page, total := append([]product{}, menu[offset:min(len(menu), offset+max(limit, 0))]...), len(menu)
	p.mu.Unlock()
	if down {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "closed for maintenance", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object{"total": total, "products": page})
}

// settings says how a shop's catalogue is read.
func (p *provider) settings(shop string) catalog.Settings {
	return catalog.Settings{
		Shop: shop, Active: true,
		Provider: catalog.Provider{BaseURL: p.url, Path: "/shops/" + shop + "/products"},
		Paging:   catalog.Paging{Style: catalog.ByOffset, Param: "offset", Size: 25, SizeParam: "limit", TotalPath: "total"},
		Fields: catalog.Fields{
			Items: "products", ID: "id", Name: "title", Description: "text", Category: "section", Stock: "quantity",
			Price: catalog.Price{Path: "cents", Format: catalog.MinorUnits, Currency: currency},
		},
		Schedule: catalog.Schedule{IntervalSeconds: 600},
	}.WithDefaults()
}
