package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"lastmile/emulators/issuer"
	"lastmile/functions/registry"
	"lastmile/shared/function"
	"lastmile/shared/logs"
	"lastmile/shared/platform"
)

// front is the one address behind which every function is served.
type front struct {
	server *http.Server
	served chan error

	mu        sync.RWMutex
	functions map[string]*instance // guarded by mu

	gateways gateways
	issuer   *issuer.Issuer
}

// instance is one running function.
type instance struct {
	handler  http.Handler
	platform *platform.Platform // nil for one that runs elsewhere
}

// issuerPath is where identities come from.
const issuerPath = "/issuer"

// listen takes the address before anything runs that has to know it.
func (s *Stack) listen(context.Context) error {
	addr := s.options.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	url := "http://" + l.Addr().String()
	identities, err := issuer.New(url+issuerPath, "lastmile")
	if err != nil {
		return errors.Join(err, l.Close())
	}
	f := &front{served: make(chan error, 1), functions: make(map[string]*instance), issuer: identities}
	f.server = &http.Server{Handler: f.routes(), ReadHeaderTimeout: 10 * time.Second}
	go func() { f.served <- f.server.Serve(l) }()
	s.front, s.URL, s.Issuer = f, url, url+issuerPath
	s.onClose(f.close)
	return nil
}

func (f *front) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/functions/{name}/", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		http.StripPrefix("/functions/"+name, f.handler(name)).ServeHTTP(w, r)
	})
	mux.HandleFunc("/functions/{name}", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/"
		f.handler(r.PathValue("name")).ServeHTTP(w, r)
	})
	mux.Handle("/gateway/", http.StripPrefix("/gateway", &f.gateways))
	mux.Handle(issuerPath+"/", http.StripPrefix(issuerPath, f.issuer))
	for _, spec := range registry.All() {
		for _, path := range spec.Paths {
			mux.HandleFunc(strings.TrimSuffix(path, "*"), func(w http.ResponseWriter, r *http.Request) { f.handler(spec.Name).ServeHTTP(w, r) })
		}
	}
	return mux
}

// handler returns the function of that name, or what answers while there is
// none.
func (f *front) handler(name string) http.Handler {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if i := f.functions[name]; i != nil {
		return i.handler
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, fmt.Sprintf("function %s is not running", name), http.StatusServiceUnavailable)
	})
}

// shutdownTimeout bounds how long the stack waits for calls in flight.
const shutdownTimeout = 10 * time.Second

func (f *front) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := f.server.Shutdown(ctx)
	<-f.served
	return err
}

// serveFunctions starts every registered function.
func (s *Stack) serveFunctions(context.Context) error {
	s.onClose(s.stopFunctions)
	for _, spec := range registry.All() {
		if err := s.StartFunction(spec); err != nil {
			return err
		}
	}
	return nil
}

// StartFunction serves spec, with connections of its own, in place of the
// function of that name if there is one.
func (s *Stack) StartFunction(spec function.Spec) error {
	p := platform.New(s.Config, logs.Options{Service: spec.Name, Classify: function.Classify, Out: s.log()})
	if s.options.Now != nil {
		p.Now = s.options.Now
	}
	handler, err := spec.Handler(p)
	if err != nil {
		return err
	}
	if err := s.StopFunction(spec.Name); err != nil {
		return err
	}
	s.front.mu.Lock()
	defer s.front.mu.Unlock()
	s.front.functions[spec.Name] = &instance{handler, p}
	return nil
}

// StopFunction ends a function: calls to it fail until it is started again.
func (s *Stack) StopFunction(name string) error {
	s.front.mu.Lock()
	i := s.front.functions[name]
	delete(s.front.functions, name)
	s.front.mu.Unlock()
	if i == nil || i.platform == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return i.platform.Close(ctx)
}

func (s *Stack) stopFunctions() error {
	for _, spec := range registry.All() {
		if err := s.StopFunction(spec.Name); err != nil {
			return err
		}
	}
	return nil
}
