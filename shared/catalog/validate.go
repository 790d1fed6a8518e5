package catalog

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	maxPageSize  = 1000
	maxPages     = 100_000
	maxBodyBytes = 64 << 20
	maxURL       = 2000
)

var (
	shopID     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	secretName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)
	jsonPath   = regexp.MustCompile(`^[\p{L}\p{N}_#$ \\.:-]{1,200}$`)
	currency   = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Validate returns nil or, as [Errors], every fault of s at once. It judges s
// as it stands: call [Settings.WithDefaults] first.
func (s Settings) Validate() error {
	var c checker
	c.want(shopID.MatchString(s.Shop), "shop", "is not an id", "use 1 to 64 letters, digits, - and _")
	c.provider(s.Provider)
	c.paging(s.Paging)
	c.fields(s.Fields)
	c.schedule(s.Schedule)
	c.limits(s.Limits)
	if len(c.faults) == 0 {
		return nil
	}
	return c.faults
}

type checker struct{ faults Errors }

func (c *checker) want(ok bool, field, problem, remedy string) {
	if !ok {
		c.faults = append(c.faults, FieldError{Field: field, Problem: problem, Remedy: remedy})
	}
}

func (c *checker) between(n, low, high int64, field string) {
	c.want(n >= low && n <= high, field, fmt.Sprintf("is %d", n), fmt.Sprintf("use %d to %d", low, high))
}

func oneOf[T ~string](c *checker, field string, value T, allowed ...T) {
	c.want(slices.Contains(allowed, value), field, fmt.Sprintf("is %q", string(value)), "use one of "+join(allowed))
}

func join[T ~string](values []T) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return strings.Join(all, ", ")
}

func (c *checker) path(field, path string, required bool) {
	if path == "" {
		c.want(!required, field, "is missing", "name the JSON path, like product.id")
		return
	}
	c.want(jsonPath.MatchString(path), field, "is not a plain JSON path", "use names and numbers divided by dots, like product.prices.0.amount")
}

func (c *checker) param(field, name string, required bool) {
	c.want(name != "" || !required, field, "is missing", "name the query parameter")
	c.want(len(name) <= 100, field, "is too long", "use at most 100 bytes")
}

func (c *checker) provider(p Provider) {
	u, err := url.Parse(p.BaseURL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		c.want(false, "provider.baseUrl", "is not a web address", "use one like https://api.example.com")
	case u.User != nil:
		c.want(false, "provider.baseUrl", "holds a user or password", "keep credentials in a secret and name it in provider.auth.secret")
	case u.RawQuery != "" || u.Fragment != "":
		c.want(false, "provider.baseUrl", "holds a query or fragment", "move the query to provider.query")
	}
	c.want(len(p.BaseURL)+len(p.Path) <= maxURL, "provider.baseUrl", "is too long with provider.path", fmt.Sprintf("use at most %d bytes together", maxURL))
	c.want(p.Path == "" || strings.HasPrefix(p.Path, "/"), "provider.path", "does not start with /", "use a path like /v1/products")
	c.want(!strings.ContainsAny(p.Path, "?#"), "provider.path", "holds a query or fragment", "move the query to provider.query")
	c.want(len(p.Query) <= 20, "provider.query", fmt.Sprintf("has %d parameters", len(p.Query)), "use at most 20")
	for name, value := range p.Query {
		c.want(name != "" && len(name)+len(value) <= maxURL, "provider.query", fmt.Sprintf("has the parameter %q", clip(name)), fmt.Sprintf("name it, and use at most %d bytes", maxURL))
	}
	c.auth(p.Auth)
}

func (c *checker) auth(a Auth) {
	if a == (Auth{}) {
		return
	}
	c.want(headerName.MatchString(a.Header), "provider.auth.header", "is not the name of a header", "use one like Authorization or X-Api-Key")
	c.want(!slices.Contains([]string{"host", "content-length", "accept-encoding", "connection"}, strings.ToLower(a.Header)),
		"provider.auth.header", "is reserved", "use one like Authorization or X-Api-Key")
	c.want(a.Scheme == "" || headerName.MatchString(a.Scheme), "provider.auth.scheme", "is not one word", "use one like Bearer")
	c.want(secretName.MatchString(a.Secret), "provider.auth.secret", "is not the name of a secret", "name the secret that holds the key, never the key itself")
}

func (c *checker) paging(p Paging) {
	oneOf(c, "paging.style", p.Style, ByOffset, ByPage, ByCursor, ByWindow)
	c.between(int64(p.Size), 1, maxPageSize, "paging.size")
	c.param("paging.sizeParam", p.SizeParam, false)
	c.want(p.SizeParam == "" || p.SizeParam != p.Param, "paging.sizeParam", "equals paging.param", "name two different parameters")
	c.between(int64(p.First), 0, 1, "paging.first")
	c.path("paging.totalPath", p.TotalPath, false)
	c.want(p.TotalHeader == "" || headerName.MatchString(p.TotalHeader), "paging.totalHeader", "is not the name of a header", "use one like X-Total-Count")
	c.want(p.TotalHeader == "" || p.TotalPath == "", "paging.totalHeader", "competes with paging.totalPath", "keep one of the two")
	c.param("paging.param", p.Param, p.Style != ByWindow || p.CursorPath != "")
	c.path("paging.cursorPath", p.CursorPath, p.Style == ByCursor)
	if p.Style == ByWindow {
		c.windows(p.Windows)
	}
}

func (c *checker) windows(w Spans) {
	c.param("paging.windows.fromParam", w.FromParam, true)
	c.param("paging.windows.toParam", w.ToParam, true)
	oneOf(c, "paging.windows.format", w.Format, RFC3339, DateTime, Unix, UnixMillis)
	c.want(!w.Start.IsZero(), "paging.windows.start", "is missing", "use the time before which no item was updated")
	c.between(int64(w.StepSeconds), 60, 366*24*3600, "paging.windows.stepSeconds")
	if w.Incremental {
		c.between(int64(w.OverlapSeconds), 0, 7*24*3600, "paging.windows.overlapSeconds")
		c.between(int64(w.FullEverySeconds), 60, 31*24*3600, "paging.windows.fullEverySeconds")
	}
}

func (c *checker) fields(f Fields) {
	c.path("fields.items", f.Items, false)
	c.path("fields.id", f.ID, true)
	c.path("fields.name", f.Name, true)
	c.path("fields.description", f.Description, false)
	c.path("fields.stock", f.Stock, false)
	c.path("fields.category", f.Category, false)
	c.path("fields.image", f.Image, false)
	c.price(f.Price)
	c.path("fields.availability.path", f.Availability.Path, false)
	c.want(len(f.Availability.Truthy) <= 50, "fields.availability.truthy", "is too long", "use at most 50 values")
	c.path("fields.updated.path", f.Updated.Path, false)
	if f.Updated.Path != "" {
		oneOf(c, "fields.updated.format", f.Updated.Format, RFC3339, DateTime, Unix, UnixMillis)
	}
}

func (c *checker) price(p Price) {
	c.path("fields.price.path", p.Path, true)
	oneOf(c, "fields.price.format", p.Format, DecimalString, DecimalNumber, MinorUnits)
	c.path("fields.price.currencyPath", p.CurrencyPath, false)
	switch {
	case p.Currency == "" && p.CurrencyPath == "":
		c.want(false, "fields.price.currency", "is missing", "fix an ISO 4217 code like EUR, or name fields.price.currencyPath")
	case p.Currency != "" && p.CurrencyPath != "":
		c.want(false, "fields.price.currency", "competes with fields.price.currencyPath", "keep one of the two")
	case p.Currency != "":
		c.want(currency.MatchString(p.Currency), "fields.price.currency", fmt.Sprintf("is %q", p.Currency), "use an ISO 4217 code like EUR")
	}
}

func (c *checker) schedule(s Schedule) {
	c.between(int64(s.IntervalSeconds), 60, 31*24*3600, "schedule.intervalSeconds")
	_, err := time.LoadLocation(s.Zone)
	c.want(err == nil && s.Zone != "Local", "schedule.zone", fmt.Sprintf("is %q", s.Zone), "use an IANA name like Europe/Madrid")
	if s.From == "" && s.To == "" {
		return
	}
	_, okFrom := minuteOfDay(s.From)
	_, okTo := minuteOfDay(s.To)
	c.want(okFrom, "schedule.from", fmt.Sprintf("is %q", s.From), "use a time of day like 22:00")
	c.want(okTo, "schedule.to", fmt.Sprintf("is %q", s.To), "use a time of day like 06:00")
	c.want(s.From != s.To || !okFrom, "schedule.to", "equals schedule.from", "leave both empty for the whole day")
}

func (c *checker) limits(l Limits) {
	c.between(int64(l.Parallelism), 1, 64, "limits.parallelism")
	c.between(int64(l.TimeoutSeconds), 1, 300, "limits.timeoutSeconds")
	c.between(l.MaxResponseBytes, 1024, maxBodyBytes, "limits.maxResponseBytes")
	c.between(int64(l.Retries), -1, 10, "limits.retries")
	c.between(int64(l.MissesAllowed), 0, 1, "limits.missesAllowed")
}
