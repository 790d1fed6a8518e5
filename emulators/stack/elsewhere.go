package stack

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
)

// Elsewhere has a function served at another URL, by a process of its own
// perhaps, in place of the one of that name here.
func (s *Stack) Elsewhere(function, at string) error {
	h, err := s.pass(at)
	if err != nil {
		return err
	}
	if err := s.StopFunction(function); err != nil {
		return err
	}
	s.front.mu.Lock()
	defer s.front.mu.Unlock()
	s.front.functions[function] = &instance{handler: h}
	return nil
}

// GatewaysElsewhere has new connections to the gateway go to these URLs in turn,
// in place of the gateways before.
func (s *Stack) GatewaysElsewhere(urls ...string) error {
	nodes := make([]http.Handler, len(urls))
	for i, at := range urls {
		h, err := s.pass(at)
		if err != nil {
			return err
		}
		nodes[i] = h
	}
	s.front.gateways.mu.Lock()
	defer s.front.gateways.mu.Unlock()
	s.front.gateways.nodes = slices.Clip(nodes)
	return nil
}

// pass passes calls on; where nobody answers, it says so as a load balancer does.
func (s *Stack) pass(at string) (http.Handler, error) {
	to, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorLog = log.New(s.log(), "", 0)
	return proxy, nil
}
