package app

import (
	"context"
	"slices"
	"strings"

	"portico/internal/cases"
	"portico/internal/cases/amend"
	"portico/internal/contact"
	"portico/internal/drafts"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// scans asks the declared scanner whether it is there: nil where none is.
func (p *portal) scans() func(context.Context) error {
	if p.scanner == nil {
		return nil
	}
	return p.scanner.Ping
}

// ofService returns the activity of the service that a field belongs to:
// SERVICE.KEY is used under SERVICE.NAME. What belongs to a request is used
// under the request's own.
func ofService(name string) func(field string) string {
	return func(field string) string {
		service, _, _ := strings.Cut(field, ".")
		if field == contact.FieldFile {
			return contact.ActivityOwn
		}
		return service + "." + name
	}
}

// lives reports whether files that were not submitted are kept: those of a
// draft, those that an open case may still get, and those of a request.
func (p *portal) lives(ctx context.Context, subject, scope string) (bool, error) {
	if strings.HasPrefix(scope, "request:") {
		return p.contact.Lives(ctx, subject, scope)
	}
	if begun, err := p.drafts.Lives(ctx, subject, scope); err != nil || begun {
		return begun, err
	}
	list, err := p.cases.Of(ctx, subject)
	return slices.ContainsFunc(list, func(c *cases.Case) bool { return c.Scope() == scope && c.Open() }), err
}

// applications are drafts and cases, for the pages for files.
type applications struct {
	drafts *drafts.Drafts
	sent   *amend.Site
}

// Spot is where files of a draft go, or new files of a case.
func (a applications) Spot(ctx context.Context, actor policy.Actor, application, field string) (*uploads.Spot, error) {
	spot, err := a.drafts.Spot(ctx, actor, application, field)
	if fault.KindOf(err) == fault.NotFound {
		return a.sent.Spot(ctx, actor, application, field)
	}
	return spot, err
}

// Page shows the page of a question for files.
func (a applications) Page(q *web.Req, s *uploads.Spot, status int, problem string) error {
	begun, err := a.drafts.Lives(q.R.Context(), s.Use.Subject, s.Use.Scope)
	if err != nil {
		return err
	}
	if begun {
		return a.drafts.Page(q, s, status, problem)
	}
	return a.sent.Page(q, s, status, problem)
}

// fileCases is what the pages for files ask of cases and of requests.
type fileCases struct {
	*cases.Cases
	p *portal
}

// Reading is how an official uses a file of a case or a request.
func (c fileCases) Reading(tx *db.Tx, actor policy.Actor, f *uploads.File) (vault.Use, error) {
	if f.Field == contact.FieldFile {
		return c.p.contact.FileUse(tx, actor, f.Scope)
	}
	return c.FileUse(tx, actor, f.Subject, f.Scope)
}
