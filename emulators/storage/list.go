package storage

import (
	"encoding/base64"
	"sort"
	"strings"

	raw "google.golang.org/api/storage/v1"
)

const maxPage = 1000

// query says which objects of a bucket are listed.
type query struct {
	prefix, delimiter string
	from, to          string // names from and before; "" = no bound
	after             string // what the previous page ended with
	trailing          bool   // objects that end in the delimiter are listed, too
	limit             int
}

// list returns one page: objects, the prefixes that stand for those behind the
// delimiter, and where the next page begins.
func (x *index) list(bucketName string, q query) (*raw.Objects, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	b, err := x.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	page := &raw.Objects{Kind: "storage#objects"}
	last := ""
	for at := b.first(q); at < len(b.names); {
		name := b.names[at]
		if !strings.HasPrefix(name, q.prefix) || q.to != "" && name >= q.to {
			break
		}
		if len(page.Items)+len(page.Prefixes) == q.limit {
			page.NextPageToken = base64.URLEncoding.EncodeToString([]byte(last))
			break
		}
		if group := q.group(name); group != "" {
			page.Prefixes = append(page.Prefixes, group)
			last = group
			if q.trailing && name == group {
				page.Items = append(page.Items, b.objects[name].meta)
			}
			at = b.behind(group, at)
			continue
		}
		page.Items = append(page.Items, b.objects[name].meta)
		last = name
		at++
	}
	return page, nil
}

// group is the prefix that stands for name, "" if name stands for itself.
func (q query) group(name string) string {
	if q.delimiter == "" {
		return ""
	}
	at := strings.Index(name[len(q.prefix):], q.delimiter)
	if at < 0 {
		return ""
	}
	return name[:len(q.prefix)+at+len(q.delimiter)]
}

// first is the place of the first name that may be on the page.
func (b *bucket) first(q query) int {
	at := sort.SearchStrings(b.names, max(q.prefix, q.from))
	if q.after == "" {
		return at
	}
	behind := sort.SearchStrings(b.names, q.after)
	if q.delimiter != "" && strings.HasSuffix(q.after, q.delimiter) {
		return max(at, b.behind(q.after, behind))
	}
	if behind < len(b.names) && b.names[behind] == q.after {
		behind++
	}
	return max(at, behind)
}

// behind is the place of the first name from at on that does not begin with prefix.
func (b *bucket) behind(prefix string, at int) int {
	rest := b.names[at:]
	return at + sort.Search(len(rest), func(i int) bool { return !strings.HasPrefix(rest[i], prefix) })
}
