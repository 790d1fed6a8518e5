package platform

import (
	"errors"
	"fmt"
	"slices"
)

// Resource is something that not every service may use: Terraform grants it to
// those whose declaration names it.
type Resource string

// The resources.
const (
	Redis             Resource = "redis" // by which operators also hear at once of what a service does
	PrivateFiles      Resource = "private-files"
	PublicFiles       Resource = "public-files"
	Maps              Resource = "maps" // of roads
	PushNotifications Resource = "push"
	ProviderSecrets   Resource = "provider-secrets" // that settings of catalogues name
)

// ErrUndeclared is returned for a resource that a service does not declare: in
// the cloud it would have no right to it.
var ErrUndeclared = errors.New("undeclared resource")

// Limit lets p publish to no topics but these, and open no other resources. It
// comes before anything is opened.
func (p *Platform) Limit(topics []string, to ...Resource) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limited, p.topics, p.allowed = true, topics, to
}

func (p *Platform) check(r Resource) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limited && !slices.Contains(p.allowed, r) {
		return fmt.Errorf("%w: name %q in the function's Spec.Uses", ErrUndeclared, r)
	}
	return nil
}
