package catalog

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const maxCursor = 4096

// Request is what is sent for a page. It holds no secret: the header of
// Settings.Provider.Auth is added when it is sent.
type Request struct {
	Method string
	URL    string
	Accept string
}

// Request returns what is sent for r.
func (s Settings) Request(r PageRef) (Request, error) {
	base := strings.TrimRight(s.Provider.BaseURL, "/")
	u, err := url.Parse(base + s.Provider.Path)
	if err != nil {
		return Request{}, fmt.Errorf("%w: provider.baseUrl is not a web address", ErrMismatch)
	}
	q := url.Values{}
	for name, value := range s.Provider.Query {
		q.Set(name, value)
	}
	s.Paging.ask(r, q)
	u.RawQuery = q.Encode()
	return Request{Method: "GET", URL: u.String(), Accept: "application/json"}, nil
}

// ask puts the page r into q.
func (p Paging) ask(r PageRef, q url.Values) {
	if p.SizeParam != "" {
		q.Set(p.SizeParam, strconv.Itoa(p.Size))
	}
	switch p.Style {
	case ByOffset:
		q.Set(p.Param, strconv.Itoa(r.Number*p.Size))
	case ByPage:
		q.Set(p.Param, strconv.Itoa(r.Number+p.First))
	case ByWindow:
		q.Set(p.Windows.FromParam, p.Windows.Format.format(r.From))
		q.Set(p.Windows.ToParam, p.Windows.Format.format(r.To))
	}
	if r.Cursor != "" {
		q.Set(p.Param, r.Cursor)
	}
}

// cursorIn returns the cursor that a provider's text holds: the text itself,
// or the parameter of a link to the next page. Only the cursor is taken from a
// link, so a provider cannot send us elsewhere.
func cursorIn(text, param string) string {
	text = strings.TrimSpace(text)
	link, err := url.Parse(text)
	if err == nil && link.Query().Has(param) {
		return link.Query().Get(param)
	}
	return text
}
