package catalog

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// reader turns a provider's item into ours.
type reader struct {
	fields Fields
	truthy map[string]bool
}

func newReader(f Fields) reader {
	truthy := make(map[string]bool, len(f.Availability.Truthy))
	for _, v := range f.Availability.Truthy {
		truthy[strings.ToLower(v)] = true
	}
	return reader{fields: f, truthy: truthy}
}

// read returns the normalised item, or the field that is wrong and why. Also
// a bad item has its id, if that could be told.
func (r reader) read(raw gjson.Result) (i Item, field, problem string) {
	if !raw.IsObject() {
		return i, "item", "is not an object"
	}
	id := raw.Get(r.fields.ID)
	if i.ID = text(id); id.Exists() && i.ID == "" {
		return i, "id", "is neither text nor a whole number"
	}
	i.Name = text(raw.Get(r.fields.Name))
	i.Description = r.optional(raw, r.fields.Description)
	i.Category = r.optional(raw, r.fields.Category)
	i.Image = r.optional(raw, r.fields.Image)
	var err error
	if i.Price, err = r.price(raw); err != nil {
		return i.named(), "price", err.Error()
	}
	if i.Stock, i.StockKnown, err = r.stock(raw); err != nil {
		return i.named(), "stock", err.Error()
	}
	if i.UpdatedAt, err = r.updated(raw); err != nil {
		return i.named(), "updated", err.Error()
	}
	i.Available = r.available(raw, i)
	i = i.Normalise()
	field, problem = i.fault()
	return i.named(), field, problem
}

// named drops an id that cannot be one.
func (i Item) named() Item {
	if i.ID = tidy(i.ID); len(i.ID) > maxID {
		i.ID = ""
	}
	return i
}

func (r reader) optional(raw gjson.Result, path string) string {
	if path == "" {
		return ""
	}
	found := raw.Get(path)
	if !found.IsArray() {
		return text(found)
	}
	var all []string
	for _, entry := range found.Array() {
		if t := text(entry); t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, " / ")
}

func (r reader) price(raw gjson.Result) (Money, error) {
	p := r.fields.Price
	code := p.Currency
	if p.CurrencyPath != "" {
		code = strings.ToUpper(tidy(text(raw.Get(p.CurrencyPath))))
	}
	found := raw.Get(p.Path)
	digits, ok := decimal(found)
	switch {
	case !found.Exists() || found.Type == gjson.Null:
		return Money{}, fmt.Errorf("is missing at %q", p.Path)
	case !ok:
		return Money{}, fmt.Errorf("is %s, not a number", clip(found.Raw))
	case p.Format == MinorUnits:
		amount, err := scaled(digits, 0)
		return Money{Amount: amount, Currency: code}, err
	}
	return ParseMoney(digits, code)
}

func (r reader) stock(raw gjson.Result) (stock int64, known bool, err error) {
	if r.fields.Stock == "" {
		return 0, false, nil
	}
	found := raw.Get(r.fields.Stock)
	if !found.Exists() || found.Type == gjson.Null {
		return 0, false, nil
	}
	digits, ok := decimal(found)
	if !ok {
		return 0, false, fmt.Errorf("is %s, not a number", clip(found.Raw))
	}
	stock, err = scaled(digits, 0)
	if err != nil {
		return 0, false, fmt.Errorf("%s: %w", clip(found.Raw), err)
	}
	return stock, true, nil
}

func (r reader) available(raw gjson.Result, i Item) bool {
	if r.fields.Availability.Path != "" {
		if found := raw.Get(r.fields.Availability.Path); found.Exists() {
			return r.truthy[strings.ToLower(strings.TrimSpace(found.String()))]
		}
	}
	return !i.StockKnown || i.Stock > 0
}

func (r reader) updated(raw gjson.Result) (time.Time, error) {
	u := r.fields.Updated
	if u.Path == "" {
		return time.Time{}, nil
	}
	found := raw.Get(u.Path)
	if !found.Exists() || found.Type == gjson.Null {
		return time.Time{}, nil
	}
	return u.Format.parse(text(found))
}

// text returns what a string or a whole number says; else nothing.
func text(r gjson.Result) string {
	switch {
	case r.Type == gjson.String:
		return r.Str
	case r.Type == gjson.Number && !strings.ContainsAny(r.Raw, ".eE"):
		return r.Raw
	}
	return ""
}

// decimal returns the digits of a number, or of a string that holds one,
// exactly as they were written.
func decimal(r gjson.Result) (string, bool) {
	switch r.Type {
	case gjson.Number:
		return r.Raw, true
	case gjson.String:
		return strings.TrimSpace(r.Str), true
	}
	return "", false
}
