package pubsub

import (
	"math/rand/v2"
	"slices"
)

func (s *Server) uid() uint32 { return rand.Uint32() }

func (s *Server) topic(name string) (*topic, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.state.topics[name]
	if t == nil {
		return nil, notFound(name)
	}
	return t, nil
}

func (s *Server) subscription(name string) (*subscription, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	sub := s.state.subs[name]
	if sub == nil {
		return nil, notFound(name)
	}
	return sub, nil
}

// page is one page of the resources of a project, in the order of their names. The token of
// the next page is the last name of this one.
func page[T any](all map[string]T, project string, size int32, token string) (items []T, next string, err error) {
	id, err := projectOf(project)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for name := range all {
		if projectPart(name) == id {
			names = append(names, name)
		}
	}
	names, next, err = pageOf(names, size, token)
	for _, name := range names {
		items = append(items, all[name])
	}
	return items, next, err
}

const maxPage = 1000

func pageOf(names []string, size int32, token string) (page []string, next string, err error) {
	if size < 0 {
		return nil, "", invalid("Invalid page_size (%d). It must not be negative.", size)
	}
	if size == 0 || size > maxPage {
		size = maxPage
	}
	slices.Sort(names)
	from, found := slices.BinarySearch(names, token)
	if found {
		from++
	}
	names = names[from:]
	if len(names) > int(size) {
		names = names[:size]
		next = names[size-1]
	}
	return names, next, nil
}
