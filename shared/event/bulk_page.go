package event

// BulkPage asks for one page of a bulk operation to be applied: either the
// items that it names, or a range of the job's input file.
type BulkPage struct {
	Header `json:"-"`

	Job  string `json:"job"`
	Shop string `json:"shop"`

	// Page counts from 0.
	Page int `json:"page"`

	Items []string `json:"items,omitempty"`

	// Start and End are byte offsets into the job's input file, End excluded. A
	// line belongs to the range in which it begins.
	Start int64 `json:"start,omitempty"`
	End   int64 `json:"end,omitempty"`
}

// Type implements [Event].
func (BulkPage) Type() Type { return "bulk.page.v1" }

// Key is the shop.
func (e BulkPage) Key() string { return e.Shop }

// Tenant is the shop: a cut-over moves one shop at a time.
func (e BulkPage) Tenant() string { return e.Shop }

// Validate implements [Event].
func (e BulkPage) Validate() error {
	return check(e.Type(),
		required("job", e.Job),
		required("shop", e.Shop),
		atLeast("page", e.Page, 0),
		atLeast("start", e.Start, 0),
		when(len(e.Items) == 0 && e.End <= e.Start, "items", "must not be empty where end is not after start"),
	)
}
