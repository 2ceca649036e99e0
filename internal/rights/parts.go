package rights

import (
	"context"
	"fmt"
	"slices"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// Parts are the places of which an official says which somebody means who wants
// something corrected and named none, such as by letter: whoever answers for
// these corrects them. There are none once they are named.
func (s *Service) Parts(ctx context.Context, p *i18n.Printer, r *Request, items []Item) (list []Choice, err error) {
	if !unnamed(r, items) {
		return nil, nil
	}
	places, err := s.places(ctx, p, r.Outside(), r.People())
	for _, one := range places {
		if s.RightOf(r).AppliesTo(one.Basis) {
			list = append(list, Choice{Item{Sort: Place, ID: one.Scope}, one.Name})
		}
	}
	return list, err
}

// unnamed reports whether a correction that is to be answered is about no part.
func unnamed(r *Request, items []Item) bool {
	return r.Kind == policy.RightRectification && r.State == Taken && !r.Paused() &&
		slices.ContainsFunc(items, func(i Item) bool { return i.Sort == All && i.Decision == Open })
}

// NameParts notes which places a request means, by the values of Parts. What an
// institution answers for becomes its task.
func (s *Service) NameParts(ctx context.Context, who policy.Actor, request string, values []string) error {
	r, items, err := s.Glance(ctx, who, request)
	if err != nil {
		return err
	}
	known, err := s.Parts(ctx, i18n.From(ctx), r, items)
	if err != nil {
		return err
	}
	var named []Item
	for _, c := range known {
		if slices.Contains(values, c.Value()) && len(named) < MaxItems {
			c.N = len(named) + 1
			named = append(named, c.Item)
		}
	}
	if len(named) == 0 {
		return fault.Input(fault.Field{Name: "parts", Code: "rights.items.none"})
	}
	return s.change(ctx, who, request, func(tx *db.Tx, r *Request) error {
		items, err := selectItems(tx, r)
		if err != nil {
			return err
		}
		if r.Holder != who.ID || !unnamed(r, items) {
			return errMoved
		}
		if err := replaceItems(tx, r, named); err != nil {
			return err
		}
		return s.correct(tx, r, named)
	})
}

// partsNamed is nil unless a correction is granted of everything, and there is
// something that can be named.
func (s *Service) partsNamed(ctx context.Context, who policy.Actor, request string, answers map[int]Answer) error {
	r, items, err := s.Glance(ctx, who, request)
	if err != nil || !slices.ContainsFunc(items, func(i Item) bool { return i.Sort == All && answers[i.N].Decision == Granted }) {
		return err
	}
	known, err := s.Parts(ctx, i18n.From(ctx), r, items)
	if err != nil || len(known) == 0 {
		return err
	}
	return fault.Input(fault.Field{Name: "parts", Code: "rights.staff.parts.none"})
}

// cabinets are those who have an account by one of these contacts, or by an
// identity number that was verified. What is in it is not part of what somebody
// asks without having signed in.
func (s *Service) cabinets(tx *db.Tx, a Asker) (list []string, err error) {
	for _, c := range slices.Concat(a.Contacts, []credential.Contact{{Field: policy.FieldIdentityNumber, Value: a.Number}}) {
		if whose, err := s.Vault.Find(tx, c.Field, c.Value); err == nil && c.Value != "" {
			list = append(list, whose)
		} else if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, fmt.Errorf("look whether somebody has a cabinet: %w", err)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}
