package complaint

import (
	"fmt"

	"github.com/a-h/templ"

	"portico/internal/contact"
	"portico/internal/contact/pages"
	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

// Section is what the official who holds a complaint sees of it beside what it is
// about, and enters; nil: nothing.
func (s *Service) Section(q *web.Req, t *identity.Typed, who policy.Actor, r *contact.Request) (templ.Component, error) {
	if !s.Offered() {
		return nil, nil
	}
	action := "/staff/requests/" + r.ID
	if r.Kind != contact.Complaint {
		return pages.MakeComplaint(action), nil
	}
	st, err := s.standing(q.R.Context(), r.ID)
	if err != nil {
		return nil, err
	}
	c := pages.Complaint{Action: action}
	finding, attempt, about, resolved := identity.Value(q, "finding"), identity.Value(q, "attempt"), identity.Value(q, "about"), identity.Value(q, "resolved")
	if st.current(r) {
		_, values, err := s.opened(q.R.Context(), who, r.ID, ActivityInvestigate, []string{FieldFinding, FieldAttempt}, func(*db.Tx, *contact.Request) error { return nil })
		if err != nil {
			return nil, fmt.Errorf("read how a complaint was investigated: %w", err)
		}
		if !t.Bad() {
			finding, attempt = last(values.Items(FieldFinding), st.ID), last(values.Items(FieldAttempt), st.ID)
			about, resolved = word(st.Transfer, "transfer", "other"), word(st.Resolved, "yes", "no")
		}
		if c.Done = true; st.Owed() && authority(s.Policy()) != "" {
			c.Authority = q.P.T("complaint.authority.owed", "authority", s.named(q.P, authority(s.Policy())))
		}
		if c.Authority != "" && !st.Given.IsZero() {
			c.Reference = &ui.Field{Name: "reference", Label: q.P.T("complaint.reference"), Hint: q.P.T("complaint.reference.hint"), Value: identity.Value(q, "reference"), Error: t.Error("reference"), LTR: true, Width: 20, Max: 60}
		}
	}
	c.About = ui.Field{Name: "about", Label: q.P.T("complaint.about"), Value: about, Error: t.Error("about"), Options: []ui.Option{
		{Value: "transfer", Label: q.P.T("complaint.about.transfer"), Hint: q.P.T("complaint.about.transfer.hint")}, {Value: "other", Label: q.P.T("complaint.about.other")}}}
	c.Finding = ui.Field{Name: "finding", Label: q.P.T("complaint.finding"), Value: finding, Error: t.Error("finding"), Rows: 5, Max: contact.MaxText}
	c.Attempt = ui.Field{Name: "attempt", Label: q.P.T("complaint.attempt"), Value: attempt, Error: t.Error("attempt"), Rows: 5, Max: contact.MaxText}
	c.Resolved = ui.Field{Name: "resolved", Label: q.P.T("complaint.resolved"), Value: resolved, Error: t.Error("resolved"), Options: []ui.Option{
		{Value: "yes", Label: q.P.T("complaint.resolved.yes")}, {Value: "no", Label: q.P.T("complaint.resolved.no")}}}
	return pages.ComplaintPart(c), nil
}

func word(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

// Do does what the official who holds a complaint entered.
func (s *Service) Do(q *web.Req, who policy.Actor, request, do string) error {
	ctx := q.R.Context()
	switch do {
	case "investigate":
		var wrong []fault.Field
		about, resolved := q.Value("about"), q.Value("resolved")
		if about != "transfer" && about != "other" {
			wrong = append(wrong, fault.Field{Name: "about", Code: "complaint.about.none"})
		}
		i := Investigation{Transfer: about == "transfer", Finding: q.Value("finding"), Attempt: q.Value("attempt"), Resolved: resolved == "yes"}
		wrong = append(wrong, i.check()...)
		if resolved != "yes" && resolved != "no" {
			wrong = append(wrong, fault.Field{Name: "resolved", Code: "complaint.resolved.none"})
		}
		if len(wrong) > 0 {
			return fault.Input(wrong...)
		}
		return s.Investigate(ctx, who, request, i)
	case "refer":
		return s.Refer(ctx, who, request, q.Value("reference"))
	}
	return errNoAct
}

// Send answers with what the authority is given.
func (s *Service) Send(q *web.Req, who policy.Actor, request string) error {
	reference, text, err := s.Give(q.R.Context(), who, request, q.P)
	if err != nil {
		return err
	}
	return q.Attachment("complaint-"+reference+".txt", "text/plain; charset=utf-8", []byte(text))
}

// last is the text of an item.
func last(list []vault.Value, item string) string {
	for _, v := range list {
		if v.Item == item {
			return v.Text
		}
	}
	return ""
}
