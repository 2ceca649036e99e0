package instance

import (
	"context"
	"maps"
	"slices"
	"time"

	"portico/internal/privacy"
)

// Published returns the policy of the instance as people read it, in force
// since the given time.
func (in *Instance) Published(since time.Time) *privacy.Version {
	v := &privacy.Version{
		ID: in.Words, From: since, Revision: in.Declarations.Revision, Policy: in.Policy, Text: in.Text, Terms: in.Terms,
		Portal: privacy.Portal{
			Name: in.Portal.Name, Operator: in.Portal.Operator.Name, Address: in.Portal.Operator.Address,
			Law: in.Portal.Operator.Law, Location: in.Portal.Storage.Location, Consent: in.Portal.Storage.Consent, URL: string(in.Environment.Address),
			Horizon: in.Portal.Horizon(), Copies: in.Portal.Copies(),
		},
	}
	for _, c := range in.Portal.Contacts {
		v.Portal.Contacts = append(v.Portal.Contacts, privacy.Contact{Kind: string(c.Kind), Name: c.Name, Value: c.Value, URL: string(c.URL)})
	}
	for _, id := range slices.Sorted(maps.Keys(in.Services)) {
		v.Services = append(v.Services, privacy.Service{ID: id, Name: in.Services[id].Name})
	}
	return v
}

// Policies returns the versions of policy and terms.
func (l *Live) Policies() privacy.Source { return policies{l} }

type policies struct{ live *Live }

// Current is the version in force.
func (p policies) Current() *privacy.Version { return p.live.published.Load() }

// Coming is none: package changes knows what was announced.
func (p policies) Coming(context.Context) (*privacy.Version, error) { return nil, nil }

// Versions are all there ever were, newest first; the first is in force.
func (p policies) Versions(ctx context.Context) ([]*privacy.Version, error) {
	revisions, err := p.live.Revisions(ctx)
	if err != nil {
		return nil, err
	}
	current := p.Current()
	out := []*privacy.Version{current}
	for _, r := range slices.Backward(revisions[:max(0, len(revisions)-1)]) {
		in, err := p.live.Version(ctx, r.Hash)
		if err != nil {
			return nil, err
		}
		out = append(out, in.Published(r.Since))
	}
	return out, nil
}
