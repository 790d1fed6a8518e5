package catalog

import "time"

// Settings is how one shop's catalogue is read: the document catalogs/{shop},
// as the operator edits it.
type Settings struct {
	Shop   string `json:"shop" firestore:"shop"`
	Active bool   `json:"active" firestore:"active"`

	// Pictures has the items' pictures fetched and kept, where fields.image leads to
	// them.
	Pictures bool `json:"pictures,omitempty" firestore:"pictures,omitempty"`

	Provider Provider `json:"provider" firestore:"provider"`
	Paging   Paging   `json:"paging" firestore:"paging"`
	Fields   Fields   `json:"fields" firestore:"fields"`
	Schedule Schedule `json:"schedule" firestore:"schedule"`
	Limits   Limits   `json:"limits" firestore:"limits"`
}

// Provider is where the catalogue is.
type Provider struct {
	BaseURL string            `json:"baseUrl" firestore:"baseUrl"`
	Path    string            `json:"path,omitempty" firestore:"path,omitempty"`
	Query   map[string]string `json:"query,omitempty" firestore:"query,omitempty"` // sent with every page
	Auth    Auth              `json:"auth" firestore:"auth"`
}

// Auth is the header that identifies us. It holds the secret's name, never its
// value. The zero Auth sends no header.
type Auth struct {
	Header string `json:"header,omitempty" firestore:"header,omitempty"`
	Scheme string `json:"scheme,omitempty" firestore:"scheme,omitempty"` // put before the secret: "Bearer"
	Secret string `json:"secret,omitempty" firestore:"secret,omitempty"`
}

// Style is how a provider divides its catalogue.
type Style string

// The styles of paging.
const (
	ByOffset Style = "offset" // how many items to skip
	ByPage   Style = "page"   // the number of a page
	ByCursor Style = "cursor" // each page names the next
	ByWindow Style = "window" // items updated in [from, to)
)

// Paging says how a page is asked for and what it tells about the others.
// Paths are gjson paths into the body.
type Paging struct {
	Style       Style  `json:"style" firestore:"style"`
	Param       string `json:"param,omitempty" firestore:"param,omitempty"`         // carries the offset, page number or cursor
	Size        int    `json:"size,omitempty" firestore:"size,omitempty"`           // items a page
	SizeParam   string `json:"sizeParam,omitempty" firestore:"sizeParam,omitempty"` // empty: the provider's page size is fixed and equals Size
	First       int    `json:"first,omitempty" firestore:"first,omitempty"`         // number of the first page: 0 or 1
	TotalPath   string `json:"totalPath,omitempty" firestore:"totalPath,omitempty"`
	TotalHeader string `json:"totalHeader,omitempty" firestore:"totalHeader,omitempty"`
	CursorPath  string `json:"cursorPath,omitempty" firestore:"cursorPath,omitempty"` // a cursor, or a link that carries it as Param
	Windows     Spans  `json:"windows,omitzero" firestore:"windows,omitempty"`
}

// Spans is how the window style cuts time.
type Spans struct {
	FromParam        string     `json:"fromParam,omitempty" firestore:"fromParam,omitempty"`
	ToParam          string     `json:"toParam,omitempty" firestore:"toParam,omitempty"`
	Format           TimeFormat `json:"format,omitempty" firestore:"format,omitempty"`
	Start            time.Time  `json:"start,omitzero" firestore:"start,omitempty"` // no item was updated before
	StepSeconds      int        `json:"stepSeconds,omitempty" firestore:"stepSeconds,omitempty"`
	Incremental      bool       `json:"incremental,omitempty" firestore:"incremental,omitempty"`           // ask only for what changed since the last complete sync
	OverlapSeconds   int        `json:"overlapSeconds,omitempty" firestore:"overlapSeconds,omitempty"`     // how far an incremental sync reaches back before it
	FullEverySeconds int        `json:"fullEverySeconds,omitempty" firestore:"fullEverySeconds,omitempty"` // a full sync at least this often, to notice removals
}

// TimeFormat is how a provider writes a time.
type TimeFormat string

// The formats of times.
const (
	RFC3339    TimeFormat = "rfc3339"    // 2026-01-31T08:00:00Z
	DateTime   TimeFormat = "datetime"   // 2026-01-31T08:00:00, in UTC
	Unix       TimeFormat = "unix"       // seconds
	UnixMillis TimeFormat = "unixMillis" // milliseconds
)

// Fields maps an item's JSON to ours. Paths are gjson paths inside the item;
// an empty one is not mapped. ID, Name and Price are required.
type Fields struct {
	Items        string       `json:"items,omitempty" firestore:"items,omitempty"` // the list of items; empty: the body itself
	ID           string       `json:"id" firestore:"id"`
	Name         string       `json:"name" firestore:"name"`
	Description  string       `json:"description,omitempty" firestore:"description,omitempty"`
	Price        Price        `json:"price" firestore:"price"`
	Stock        string       `json:"stock,omitempty" firestore:"stock,omitempty"`
	Availability Availability `json:"availability,omitzero" firestore:"availability,omitempty"`
	Category     string       `json:"category,omitempty" firestore:"category,omitempty"` // of a list, all entries are joined
	Image        string       `json:"image,omitempty" firestore:"image,omitempty"`
	Updated      Updated      `json:"updated,omitzero" firestore:"updated,omitempty"`
}

// Price is where the price is and how it is written.
type Price struct {
	Path         string      `json:"path" firestore:"path"`
	Format       PriceFormat `json:"format,omitempty" firestore:"format,omitempty"`
	Currency     string      `json:"currency,omitempty" firestore:"currency,omitempty"` // fixed, or taken from CurrencyPath
	CurrencyPath string      `json:"currencyPath,omitempty" firestore:"currencyPath,omitempty"`
}

// PriceFormat is how a provider writes a price.
type PriceFormat string

// The formats of prices.
const (
	DecimalString PriceFormat = "decimalString" // "12.99"
	DecimalNumber PriceFormat = "decimalNumber" // 12.99
	MinorUnits    PriceFormat = "minorUnits"    // 1299
)

// Availability is where an item says that it can be ordered. Without it an
// item is available unless its stock is known to be used up.
type Availability struct {
	Path   string   `json:"path,omitempty" firestore:"path,omitempty"`
	Truthy []string `json:"truthy,omitempty" firestore:"truthy,omitempty"` // values that mean yes, in any case of letters
}

// Updated is where an item says when it last changed.
type Updated struct {
	Path   string     `json:"path,omitempty" firestore:"path,omitempty"`
	Format TimeFormat `json:"format,omitempty" firestore:"format,omitempty"`
}

// Schedule is when a sync may start. From and To are times of day ("22:00") in
// Zone and may cross midnight; both empty mean the whole day.
type Schedule struct {
	IntervalSeconds int    `json:"intervalSeconds,omitempty" firestore:"intervalSeconds,omitempty"` // from start to start
	From            string `json:"from,omitempty" firestore:"from,omitempty"`
	To              string `json:"to,omitempty" firestore:"to,omitempty"`
	Zone            string `json:"zone,omitempty" firestore:"zone,omitempty"` // IANA name; empty: UTC
}

// Limits bound what a sync asks of the provider and of us.
type Limits struct {
	Parallelism      int   `json:"parallelism,omitempty" firestore:"parallelism,omitempty"` // requests to the provider at once
	TimeoutSeconds   int   `json:"timeoutSeconds,omitempty" firestore:"timeoutSeconds,omitempty"`
	MaxResponseBytes int64 `json:"maxResponseBytes,omitempty" firestore:"maxResponseBytes,omitempty"`
	Retries          int   `json:"retries,omitempty" firestore:"retries,omitempty"` // after the first attempt; -1: none
	// MissesAllowed is how many complete syncs in a row may miss an item
	// before it is marked unavailable: 0 marks it at once, 1 forgives once,
	// for providers that change while they are read.
	MissesAllowed int `json:"missesAllowed,omitempty" firestore:"missesAllowed,omitempty"`
}

// Interval is the time from the start of one sync to the next.
func (s Schedule) Interval() time.Duration { return time.Duration(s.IntervalSeconds) * time.Second }

// Timeout bounds one request.
func (l Limits) Timeout() time.Duration { return time.Duration(l.TimeoutSeconds) * time.Second }
