package fate

import (
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/rights"
)

// Site is where certificates are downloaded.
type Site struct{ *Fates }

// errNone says that there is no certificate.
var errNone = fault.New(fault.NotFound, "rights.unknown")

// Mount declares the pages. A certificate names ids, rules and times.
func (s *Site) Mount(r *web.Router) {
	const none = "none: names ids, rules and times"
	s.Rights.Handle(r, []web.Route{
		{Method: "GET", Path: "/cabinet/rights/requests/{id}/certificate", Audience: web.Person, Activity: none, Handler: s.own},
		{Method: "GET", Path: "/staff/rights/{id}/certificate", Audience: web.Staff, Unprefixed: true, Activity: none, Handler: s.ofOfficials},
	})
}

func (s *Site) own(q *web.Req) error { return s.Give(q, q.Session.Subject, q.R.PathValue("id")) }

func (s *Site) ofOfficials(q *web.Req) error {
	who := policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles}
	r, items, err := s.Rights.Glance(q.R.Context(), who, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	return s.give(q, r, items)
}

// Give answers with the certificate of a request of a person's.
func (s *Site) Give(q *web.Req, subject, request string) error {
	r, items, err := s.Rights.Whole(q.R.Context(), request)
	if err != nil {
		return err
	}
	if r.Subject != subject {
		return errNone
	}
	return s.give(q, r, items)
}

func (s *Site) give(q *web.Req, r *rights.Request, items []rights.Item) error {
	file, err := s.Certificate(q.R.Context(), r, items)
	if err != nil {
		return err
	}
	return q.Attachment("erasure-"+r.Reference+".json", "application/json", file)
}
