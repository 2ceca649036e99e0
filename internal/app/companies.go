package app

import (
	"context"

	"portico/internal/forms/sent"
	"portico/internal/mandates"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// companies is what applications ask of mandates.
type companies struct {
	mandates *mandates.Service
	clock    clock.Clock
}

// Companies are those for which a person may act for a service now.
func (c companies) Companies(ctx context.Context, subject, service string) (list []sent.Company, err error) {
	options, err := c.mandates.Options(ctx, subject, service, c.clock.Now())
	for _, o := range options {
		list = append(list, sent.Company{ID: o.ID, Name: o.Name})
	}
	return list, err
}

// Named is a company as an official writes it down for somebody.
func (c companies) Named(name, number string) (sent.Company, error) {
	company, err := mandates.Claim{Name: name, Number: number}.Named()
	return sent.Company{ID: company.ID, Name: company.Name}, err
}

// Holds reports whether a person may act for a company and a service now.
func (c companies) Holds(tx *db.Tx, subject, company, service string) (bool, error) {
	holds, _, err := c.mandates.Holds(tx, subject, company, service, c.clock.Now())
	return holds, err
}
