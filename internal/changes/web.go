package changes

import (
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/a-h/templ"

	"portico/internal/changes/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/privacy"
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const none = "none: shows declarations, and counts"
	for _, rt := range []web.Route{
		{Method: "GET", Path: "/staff/policy", Activity: none, Handler: s.show},
		{Method: "POST", Path: "/staff/policy", Activity: none, StepUp: web.StepUpAge, Handler: s.take},
		{Method: "GET", Path: "/staff/policy/text", Activity: none, Handler: s.text},
	} {
		rt.Audience, rt.Unprefixed = web.Staff, true
		r.Handle(rt)
	}
	r.Handle(web.Route{Method: "POST", Path: "/cabinet/changes", Audience: web.Person, Activity: "none: puts a message away", Handler: s.hide})
}

// Banner says that a new version is in force, to whom it is new (web.Config).
// That they read on is their acceptance.
func (s *Service) Banner(q *web.Req) templ.Component {
	if q.Session == nil || q.Session.Realm != web.RealmPerson || q.R.Method != http.MethodGet {
		return nil
	}
	v := s.Source().Current()
	show, err := s.Accept(q.R.Context(), q.Session.Subject, v.From, v.ID)
	if err != nil {
		q.Log.Error("an acceptance could not be recorded", "error", web.Reduce(err))
	}
	if !show {
		return nil
	}
	m := pages.Message{
		On: q.P.Date(v.From), Summary: q.P.T("privacy.summary", "summary", v.Revision.Summary.In(q.Lang), "reason", q.P.T("privacy.reason."+string(v.Revision.Reason))),
		Changes: q.Path("/privacy/versions"), Close: q.Path("/cabinet/close"), Action: q.Path("/cabinet/changes"), Next: q.R.URL.RequestURI(),
	}
	all, err := s.Source().Versions(q.R.Context())
	if err == nil && len(all) > 1 {
		m.Changes += "?from=" + all[1].ID + "&to=" + all[0].ID + "#difference"
		widened := policy.Widened(all[1].Policy.Declarations(), v.Policy.Declarations())
		if slices.ContainsFunc(widened, func(w policy.Widening) bool { return w.Asked }) {
			m.Consents = q.Path("/cabinet/consents")
		}
	}
	return pages.MessageBanner(m)
}

func (s *Service) hide(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if q.Value("do") != "hide" {
		return fault.New(fault.Invalid, "changes.no-act")
	}
	if err := s.Hide(q.R.Context(), q.Session.Subject, s.Source().Current().From); err != nil {
		return err
	}
	return q.Redirect(q.Next(q.Path("/cabinet/")))
}

// typed is what an official sent, and what is wrong with it.
type typed struct{ fields []fault.Field }

func (t *typed) problem(p *i18n.Printer, name string) string {
	if t == nil {
		return ""
	}
	i := slices.IndexFunc(t.fields, func(f fault.Field) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return p.T(t.fields[i].Code, t.fields[i].Args...)
}

func (s *Service) show(q *web.Req) error { return s.page(q, nil) }

func (s *Service) page(q *web.Req, t *typed) error {
	if !s.may(q.Session) {
		return errDenied
	}
	ctx, now := q.R.Context(), s.Source().Current()
	page := pages.Official{Action: "/staff/policy", InForce: []ui.Row{
		{Key: q.P.T("changes.in-force"), Value: q.P.DateTime(now.From), Href: q.Path("/privacy"), Action: q.P.T("changes.read")},
	}}
	if done := q.Value("done"); done == "announced" || done == "cancelled" {
		page.Notice = q.P.T("changes.done." + done)
	}
	a, err := s.waiting(ctx)
	if err != nil {
		return err
	}
	if a != nil {
		coming, err := s.Source().Coming(ctx)
		if err != nil {
			return err
		}
		page.Waiting = &pages.Waiting{
			ID: a.ID, On: q.P.Date(a.On), Text: a.Summary.In(q.Lang), Told: q.P.T("changes.told", "n", a.Told), Changes: privacy.Difference(q.P, now, coming),
		}
	}
	p, err := s.Proposed(ctx)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		page.Proposed = s.proposed(q, p, t)
	}
	if t != nil {
		status = http.StatusUnprocessableEntity
		for _, f := range t.fields {
			page.Problems = append(page.Problems, ui.Problem{ID: f.Name, Text: q.P.T(f.Code, f.Args...)})
		}
	}
	return q.Page(status, web.Page{Title: q.P.T("changes.title"), Invalid: t != nil, Body: pages.OfficialPage(page)})
}

// proposed says what is proposed, and asks for what an official has to state.
func (s *Service) proposed(q *web.Req, p *Proposal, t *typed) *pages.Proposed {
	now := s.Source().Current()
	v := &pages.Proposed{
		Hash: p.In.Hash, At: q.P.DateTime(p.At), Changes: privacy.Difference(q.P, now, p.In.Published(time.Time{})), Text: "/staff/policy/text",
		Concerned: []ui.Row{
			{Key: q.P.T("changes.accounts"), Value: q.P.Number(p.Accounts)},
			{Key: q.P.T("changes.holders"), Value: q.P.Number(p.Concerned)},
		},
	}
	if p.Officials > 0 {
		key := "changes.officials"
		if !s.Tells(true) {
			key = "changes.officials.untold"
		}
		v.Concerned = append(v.Concerned, ui.Row{Key: q.P.T(key), Value: q.P.Number(int64(p.Officials))})
	}
	for _, w := range p.Widened {
		fields := make([]string, len(w.Fields))
		for i, f := range w.Fields {
			fields[i] = f.Name.In(q.Lang)
		}
		key, args := "changes.widened.purpose", []any{"activity", w.Activity.Name, "fields", q.P.List(fields), "purpose", w.Purpose.Name}
		if w.Recipient != nil {
			key, args = "changes.widened.recipient", []any{"activity", w.Activity.Name, "fields", q.P.List(fields), "recipient", w.Recipient.Name}
		}
		how := "changes.widened.law"
		if w.Asked {
			how = "changes.widened.asked"
		}
		v.Widened = append(v.Widened, q.P.T(key, args...)+" "+q.P.T(how))
	}
	said := p.In.Declarations.Revision // what the directory says is the start
	if reflect.DeepEqual(said, s.Live.Current().Declarations.Revision) {
		said = policy.Revision{} // it speaks of an earlier change
	}
	reason, on := string(said.Reason), s.Clock.Now().In(s.zone()).AddDate(0, 0, 14).Format(time.DateOnly)
	if t != nil {
		form, _ := q.Form()
		reason, on = q.Value("reason"), ui.DateValue(form, "on")
	}
	v.Reason = ui.Field{Name: "reason", Label: q.P.T("changes.reason"), Value: reason, Error: t.problem(q.P, "reason")}
	for _, cause := range policy.Cause("").Values() {
		v.Reason.Options = append(v.Reason.Options, ui.Option{Value: cause, Label: q.P.T("changes.cause." + cause)})
	}
	for _, lang := range s.Live.Current().Portal.Langs() {
		name, text := "summary-"+lang, said.Summary[lang]
		if t != nil {
			text = q.Value(name)
		}
		v.Summaries = append(v.Summaries, ui.Field{
			Name: name, Label: q.P.T("changes.summary", "language", i18n.Name(lang)), Value: text, Rows: 3, Max: summaryMax, Error: t.problem(q.P, name),
		})
	}
	v.On = ui.Field{Name: "on", Label: q.P.T("changes.on"), Hint: q.P.T("changes.on.hint"), Value: on, Error: t.problem(q.P, "on")}
	return v
}

func (s *Service) take(q *web.Req) error {
	form, err := q.Form()
	if err != nil && len(fault.From(err).Fields) == 0 {
		return err
	}
	switch q.Value("do") {
	case "cancel":
		if err := s.Cancel(q.R.Context(), q.Session, q.Value("announcement")); err != nil {
			return err
		}
		return q.Redirect("/staff/policy?done=cancelled")
	case "announce":
	default:
		return fault.New(fault.Invalid, "changes.no-act")
	}
	if err != nil {
		return s.page(q, &typed{fault.From(err).Fields})
	}
	if err := q.Once("do", "hash", "reason"); err != nil {
		return err
	}
	e := Entry{Hash: q.Value("hash"), Reason: policy.Cause(q.Value("reason")), Summary: i18n.Text{}, On: policy.Date(ui.DateValue(form, "on"))}
	for _, lang := range s.Live.Current().Portal.Langs() {
		e.Summary[lang] = q.Value("summary-" + lang)
	}
	err = s.Announce(q.R.Context(), q.Session, e)
	if f := fault.From(err); err != nil && len(f.Fields) > 0 {
		return s.page(q, &typed{f.Fields})
	}
	if err != nil {
		return err
	}
	return q.Redirect("/staff/policy?done=announced")
}

// text shows what is proposed as people would read it.
func (s *Service) text(q *web.Req) error {
	if !s.may(q.Session) {
		return errDenied
	}
	p, err := s.Proposed(q.R.Context())
	if err != nil {
		return err
	}
	if p == nil {
		return fault.New(fault.NotFound, "changes.proposed.none")
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("changes.title"), Body: privacy.Preview(q.P, p.In.Published(s.Clock.Now())), Back: "/staff/policy",
	})
}
