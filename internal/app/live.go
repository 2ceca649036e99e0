package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"portico/internal/instance"
	"portico/internal/privacy"
	"portico/internal/services"
)

// catalogue is services.Catalogue over the instance in force and those before.
type catalogue struct{ live *instance.Live }

// Service returns the service of that id in force, or nil.
func (c catalogue) Service(id string) *services.Definition { return c.live.Current().Services[id] }

// Services returns those in force, by id.
func (c catalogue) Services() (all []*services.Definition) {
	for _, s := range c.live.Current().Services {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *services.Definition) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Version returns the service as it was in another version of the instance, or
// nil.
func (c catalogue) Version(hash, id string) *services.Definition {
	in, err := c.live.Version(context.Background(), hash)
	if err != nil {
		return nil
	}
	return in.Services[id]
}

// Hash is that of the instance in force.
func (c catalogue) Hash() string { return c.live.Current().Hash }

// revisions is privacy.Source over the versions of policy and terms.
type revisions struct{ live *instance.Live }

// Current returns the version in force.
func (r revisions) Current() *privacy.Version {
	in := r.live.Current()
	v := r.version(in)
	if since, err := r.live.Updated(context.Background()); err == nil {
		v.From = since
	}
	return v
}

// Versions returns all of them, the newest first.
func (r revisions) Versions(ctx context.Context) (all []*privacy.Version, err error) {
	list, err := r.live.Revisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Backward(list) {
		in, err := r.live.Version(ctx, f.Hash)
		if err != nil {
			return nil, fmt.Errorf("load a version of the policy: %w", err)
		}
		v := r.version(in)
		v.From = f.Since
		all = append(all, v)
	}
	return all, nil
}

func (r revisions) version(in *instance.Instance) *privacy.Version {
	p := &in.Portal
	v := &privacy.Version{
		ID: in.Words, Policy: in.Policy, Text: in.Text, Terms: in.Terms,
		Portal: privacy.Portal{
			Name: p.Name, Operator: p.Operator.Name, Address: p.Operator.Address, Law: p.Operator.Law,
			Location: p.Storage.Location, URL: string(in.Environment.Address),
		},
	}
	for _, c := range p.Contacts {
		v.Portal.Contacts = append(v.Portal.Contacts, privacy.Contact{Kind: string(c.Kind), Name: c.Name, Value: c.Value, URL: string(c.URL)})
	}
	for _, s := range in.Services {
		v.Services = append(v.Services, privacy.Service{ID: s.ID, Name: s.Name})
	}
	slices.SortFunc(v.Services, func(a, b privacy.Service) int { return cmp.Compare(a.ID, b.ID) })
	return v
}
