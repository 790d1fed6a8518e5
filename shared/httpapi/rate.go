package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/auth"
	"lastmile/shared/logs"
)

// Rate is how many requests a caller may make.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Rates are those of a class of routes: "read" or "write", by entity. The empty
// entity is nobody: whoever is at an address.
type Rates map[string]map[auth.Entity]Rate

// StandardRates are generous to people, and stop programs that run wild.
func StandardRates() Rates {
	return Rates{
		"read": {
			"": {20, 60}, auth.Customer: {20, 60}, auth.Courier: {20, 60}, auth.Merchant: {50, 150},
			auth.Operator: {200, 1000}, auth.Service: {1000, 5000},
		},
		"write": {
			"": {5, 20}, auth.Customer: {5, 30}, auth.Courier: {10, 60}, auth.Merchant: {20, 100},
			auth.Operator: {200, 1000}, auth.Service: {1000, 5000},
		},
	}
}

// RateOptions adjusts a [RateLimit]; the zero value is right for production.
type RateOptions struct {
	Rates   Rates            // nil = StandardRates
	Proxies int              // between us and the client that are ours, beyond the first: each adds an address to X-Forwarded-For
	Closed  bool             // refuse requests while Redis does not answer; otherwise they go through, and their record says so
	Now     func() time.Time // nil = time.Now
}

// RateLimit bounds how many requests a caller makes, over all processes. Redis is
// asked for a few requests at a time, in one round trip: those that a process got
// and does not use within a second are lost to the caller.
func RateLimit(r redis.Scripter, o RateOptions) Layer {
	if o.Rates == nil {
		o.Rates = StandardRates()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &limiter{redis: r, options: o, leases: make(map[string]allowance)}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if l.admit(w, r) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// allowance is what a process may let through without asking.
type allowance struct {
	left int
	ends time.Time
}

const (
	allowanceLife = time.Second
	maxLeases     = 20_000

	// askRate bounds how long a request waits to be counted.
	askRate = 250 * time.Millisecond
)

type limiter struct {
	redis   redis.Scripter
	options RateOptions

	mu     sync.Mutex
	leases map[string]allowance // guarded by mu
}

// take is the generic cell rate algorithm. It returns how many of the requests
// that are asked for may be made, and how long to wait if none.
var take = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local each, burst, ask = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local room = math.floor(burst - (free - now) / each)
if room < 1 then return {0, math.ceil(free - now - (burst - 1) * each)} end
local got = math.min(room, ask)
free = free + got * each
redis.call('SET', KEYS[1], string.format('%.3f', free), 'PX', math.ceil(free - now) + 1000)
return {got, 0}`)

// admit counts a request, or refuses it.
func (l *limiter) admit(w http.ResponseWriter, r *http.Request) bool {
	c := auth.From(r.Context())
	class := classOf(r.Method)
	rate, ok := l.options.Rates[class][c.Entity]
	if !ok {
		return true
	}
	whose := c.ID
	if c.Entity == "" {
		whose = address(r, l.options.Proxies)
	}
	key := class + ":" + string(c.Entity) + ":" + whose
	if l.spend(key) {
		return true
	}
	wait, err := l.ask(r.Context(), key, rate)
	switch {
	case err == nil && wait == 0:
		return true
	case err != nil && l.options.Closed:
		logs.Add(r.Context(), slog.String("rate", "refused: redis does not answer"))
		Unavailable(w, "requests cannot be counted for the moment")
		return false
	case err != nil:
		logs.Add(r.Context(), slog.String("rate", "not counted: redis does not answer"))
		return true
	}
	h := w.Header()
	h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", class, rate.Burst, int(math.Ceil(float64(rate.Burst)/rate.PerSecond))))
	h.Set("RateLimit", fmt.Sprintf("%q;r=0;t=%d", class, int(math.Ceil(wait.Seconds()))))
	Refuse(w, http.StatusTooManyRequests, fmt.Sprintf("too many requests: %g a second, in bursts of %d", rate.PerSecond, rate.Burst))
	return false
}

func classOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return "read"
	}
	return "write"
}

// address is that of the client: what the outermost of our proxies has added to
// the list. What stands before it, anybody may have written.
func address(r *http.Request, proxies int) string {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if n := len(hops) - 1 - proxies; n >= 0 {
		if ip, err := netip.ParseAddr(strings.TrimSpace(hops[n])); err == nil {
			return network(ip)
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return network(from.Addr())
}

// network is what a client has: an address of IPv4, or 2^64 of IPv6, which count as
// one.
func network(ip netip.Addr) string {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}

// spend uses up one of a lease.
func (l *limiter) spend(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	got, ok := l.leases[key]
	if !ok || got.left == 0 || !l.options.Now().Before(got.ends) {
		return false
	}
	got.left--
	l.leases[key] = got
	return true
}

// ask gets a lease, of which it uses one.
func (l *limiter) ask(ctx context.Context, key string, rate Rate) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, askRate)
	defer cancel()
	some := max(1, int(rate.PerSecond/10))
	got, err := take.Run(ctx, l.redis, []string{"rate:" + key}, 1000/rate.PerSecond, rate.Burst, some).Int64Slice()
	if err != nil || len(got) != 2 {
		return 0, fmt.Errorf("count a request: %w", err)
	}
	if got[0] == 0 {
		return max(time.Duration(got[1])*time.Millisecond, time.Millisecond), nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.leases) >= maxLeases {
		clear(l.leases) // they last for a second anyway
	}
	l.leases[key] = allowance{int(got[0]) - 1, l.options.Now().Add(allowanceLife)}
	return 0, nil
}
