package catalog

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// ParsePage reads a page. header looks a response header up, as http.Header.Get
// does. The error is [ErrGarbled] or [ErrMismatch]; an item that cannot be
// read is no error. Of an id listed twice the later one counts: it was read
// later by the provider.
func ParsePage(s Settings, header func(string) string, body []byte) (Page, error) {
	if !json.Valid(body) { // gjson's own check recurses without a bound
		return Page{}, fmt.Errorf("%w (%d bytes)", ErrGarbled, len(body))
	}
	root := gjson.ParseBytes(body)
	list := root
	if s.Fields.Items != "" {
		list = root.Get(s.Fields.Items)
	}
	if !list.IsArray() {
		return Page{}, fmt.Errorf("%w: fields.items: no list at %q", ErrMismatch, s.Fields.Items)
	}
	var p Page
	p.addAll(s, list)
	if err := p.overfull(s.Paging); err != nil {
		return Page{}, err
	}
	if err := p.readTotal(s.Paging, header, root); err != nil {
		return Page{}, err
	}
	if err := p.readNext(s.Paging, root); err != nil {
		return Page{}, err
	}
	return p, nil
}

func (p *Page) addAll(s Settings, list gjson.Result) {
	r := newReader(s.Fields)
	at := map[string]int{}
	list.ForEach(func(_, raw gjson.Result) bool {
		item, field, problem := r.read(raw)
		switch first, twice := at[item.ID]; {
		case problem != "":
			p.Bad = append(p.Bad, BadItem{Index: p.Listed, ID: item.ID, Field: field, Problem: problem})
		case twice:
			p.Items[first] = item
			p.Duplicates++
		default:
			at[item.ID] = len(p.Items)
			p.Items = append(p.Items, item)
		}
		p.Listed++
		return true
	})
}

// overfull refuses a page that was cut off without a way to ask for the rest,
// and one with far more than was asked for.
func (p *Page) overfull(how Paging) error {
	switch {
	case p.Listed > 10*maxPageSize:
		return fmt.Errorf("%w: %d items on one page: name paging.sizeParam", ErrMismatch, p.Listed)
	case how.Style == ByWindow && how.CursorPath == "" && how.SizeParam != "" && p.Listed >= how.Size:
		return fmt.Errorf("%w: a window holds a full page of %d items: use a smaller paging.windows.stepSeconds or name paging.cursorPath", ErrMismatch, p.Listed)
	}
	return nil
}

func (p *Page) readTotal(how Paging, header func(string) string, root gjson.Result) error {
	var field, text string
	switch {
	case how.TotalPath != "":
		field, text = "paging.totalPath", root.Get(how.TotalPath).String()
	case how.TotalHeader != "":
		field, text = "paging.totalHeader", header(how.TotalHeader)
	default:
		return nil
	}
	total, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || total < 0 {
		return fmt.Errorf("%w: %s: %q is not a number of items", ErrMismatch, field, clip(text))
	}
	p.Total, p.TotalKnown = total, true
	return nil
}

func (p *Page) readNext(how Paging, root gjson.Result) error {
	if how.CursorPath == "" || (how.Style != ByCursor && how.Style != ByWindow) {
		return nil
	}
	next := root.Get(how.CursorPath)
	switch next.Type {
	case gjson.String:
		p.Next = cursorIn(next.Str, how.Param)
	case gjson.Number:
		p.Next = next.Raw
	case gjson.Null, gjson.False:
	default:
		return fmt.Errorf("%w: paging.cursorPath: %q is neither text nor a number", ErrMismatch, how.CursorPath)
	}
	if len(p.Next) > maxCursor {
		return fmt.Errorf("%w: paging.cursorPath: the cursor has %d bytes, more than %d", ErrMismatch, len(p.Next), maxCursor)
	}
	return nil
}
