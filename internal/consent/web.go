package consent

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portico/internal/consent/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const own = "none: shows what the person said, which holds no value"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/cabinet/consents", Activity: own, Handler: s.show},
		{Method: "POST", Path: "/cabinet/consents", Activity: "none: takes what the person says", Handler: s.take},
		{Method: "GET", Path: "/cabinet/consents/{event}/receipt", Activity: own, Seasoned: true, Handler: s.giveReceipt},
	} {
		rt.Audience = web.Person
		r.Handle(rt)
	}
}

func (s *Service) show(q *web.Req) error {
	events, err := s.Events(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	page := pages.Consents{Action: q.Path("/cabinet/consents")}
	if done := Act(q.Value("done")); done == Given || done == Refused || done == Withdrawn {
		page.Notice = q.P.T("consent.done." + string(done))
	}
	silent, err := s.silent(q.R.Context(), q.Session.Subject, events)
	if err != nil {
		return err
	}
	for i, asked := range s.Policy().Asked() {
		v := s.purpose(q.P, fmt.Sprintf("purpose-%d", i), asked, standing(events, asked.Purpose.ID))
		if silent[asked.Purpose.ID] {
			v.Tag, v.Note = ui.Label{Text: q.P.T("consent.state.silent"), Kind: ui.Warn}, q.P.T("consent.silent")
		}
		page.Asked = append(page.Asked, v)
	}
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		name := e.Purpose
		if u, ok := s.Policy().Purpose(e.Purpose); ok {
			name = q.P.In(u.Name)
		} else {
			name = q.P.T("consent.former", "purpose", name)
		}
		page.History = append(page.History, pages.Said{
			Event:   ui.Event{Title: q.P.T("consent.said."+string(e.Act), "purpose", name), Time: q.P.DateTime(e.At)},
			Receipt: q.Path("/cabinet/consents/" + e.ID + "/receipt"),
		})
	}
	if words := s.About().Stored; s.AgreedAt != nil && len(words) > 0 {
		at, err := s.AgreedAt(q.R.Context(), q.Session.Subject)
		if err != nil {
			return err
		}
		if !at.IsZero() {
			page.Stored, page.StoredAt, page.Close = q.P.In(words), q.P.T("consent.stored.at", "date", q.P.Date(at)), q.Path("/cabinet/close")
		}
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("consent.title"), Body: pages.ConsentsPage(page), Back: q.Path("/cabinet/")})
}

// silent says for which of the purposes to which somebody consents nothing is
// sent to them all the same.
func (s *Service) silent(ctx context.Context, subject string, events []Event) (map[string]bool, error) {
	since := map[string]time.Time{}
	for _, asked := range s.Policy().Asked() {
		if last := standing(events, asked.Purpose.ID); last.Act == Given && last.Terms == asked.Terms {
			since[asked.Purpose.ID] = last.At
		}
	}
	if s.Silent == nil || len(since) == 0 {
		return nil, nil
	}
	return s.Silent(ctx, subject, since)
}

// purpose says what is asked for, and where a person stands on it.
func (s *Service) purpose(p *i18n.Printer, id string, asked policy.Asked, last Event) pages.Purpose {
	list := func(n int, name func(int) i18n.Text) string {
		words := make([]string, n)
		for i := range words {
			words[i] = p.In(name(i))
		}
		return p.List(words)
	}
	var kept []string
	for _, r := range asked.Retention {
		kept = append(kept, p.In(r.Name)+": "+s.Kept(p, r))
	}
	recipients := list(len(asked.Recipients), func(i int) i18n.Text { return asked.Recipients[i].Name })
	if recipients == "" {
		recipients = p.T("consent.nobody")
	}
	v := pages.Purpose{
		ID: id, Purpose: asked.Purpose.ID, Terms: asked.Terms, Name: p.In(asked.Purpose.Name), Text: p.In(asked.Purpose.Description),
		Facts: []ui.Row{
			{Key: p.T("consent.uses"), Value: list(len(asked.Activities), func(i int) i18n.Text { return asked.Activities[i].Name })},
			{Key: p.T("consent.data"), Value: list(len(asked.Fields), func(i int) i18n.Text { return asked.Fields[i].Name })},
			{Key: p.T("consent.recipients"), Value: recipients},
			{Key: p.T("consent.kept"), Value: strings.Join(kept, "\n")},
		},
	}
	give := pages.Act{Value: string(Given), Text: p.T("consent.give"), Look: string(ui.Secondary)}
	withdraw := pages.Act{Value: string(Withdrawn), Text: p.T("consent.withdraw"), Look: string(ui.Secondary)}
	refuse := pages.Act{Value: string(Refused), Text: p.T("consent.refuse"), Look: string(ui.Secondary)}
	state, kind := string(last.Act), ui.Neutral
	switch {
	case last.Act == "":
		state, kind, v.Acts = "open", ui.Info, []pages.Act{give, refuse}
	case last.Act == Given && last.Terms != asked.Terms:
		state, kind, v.Acts = "outdated", ui.Warn, []pages.Act{give, withdraw}
		v.Note = p.T("consent.outdated", "date", p.Date(last.At))
	case last.Act == Given:
		kind, v.Acts = ui.Good, []pages.Act{withdraw}
	default:
		v.Acts = []pages.Act{give}
	}
	v.Tag = ui.Label{Text: p.T("consent.state." + state), Kind: kind}
	return v
}

func (s *Service) take(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once("say", "purpose", "terms"); err != nil {
		return err
	}
	act := Act(q.Value("say"))
	switch act {
	case Given:
		if err := q.NeedSeasoned(); err != nil {
			return err
		}
	case Refused, Withdrawn:
	default:
		return fault.New(fault.Invalid, "consent.no-act")
	}
	if err := s.Say(q.R.Context(), q.Session.Subject, q.Value("purpose"), act, q.Value("terms")); err != nil {
		return err
	}
	return q.Redirect(q.Path("/cabinet/consents") + "?done=" + string(act))
}

func (s *Service) giveReceipt(q *web.Req) error {
	receipt, err := s.Receipt(q.R.Context(), q.Session.Subject, q.R.PathValue("event"))
	if err != nil {
		return err
	}
	return q.Attachment("consent-"+q.R.PathValue("event")+".json", "application/json", receipt)
}
