package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"portico/internal/account/pages"
	"portico/internal/identity"
	identitypages "portico/internal/identity/pages"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

// date is a date of birth as people write it.
func date(p *i18n.Printer, text string) string {
	if day, err := time.ParseInLocation(time.DateOnly, text, p.Zone()); err == nil {
		return p.Date(day)
	}
	return text
}

// reach is what is known of how somebody is reached, besides the values.
type reach struct {
	bounced []string
	waiting []change
}

func (s *Service) contacts(ctx context.Context, subject string) (r reach, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) (err error) {
		r = reach{}
		if r.bounced, err = selectBounces(tx, subject); err != nil {
			return err
		}
		for _, f := range []string{policy.FieldEmail, policy.FieldPhone} {
			c, err := selectWaiting(tx, subject, f)
			if err != nil {
				return err
			}
			if c.ID != "" {
				r.waiting = append(r.waiting, c)
			}
		}
		return nil
	})
	return r, err
}

// reopenedShown is for how long after a sign-in that opened a cabinet again
// the first page says so.
const reopenedShown = 10 * time.Minute

// welcome is the first page after signing in: it goes on in the language that
// the person chose, says that a cabinet was opened again, asks whether contact
// data is still right, or leads on at once.
func (s *Service) welcome(q *web.Req) error {
	ctx, me, next := q.R.Context(), q.Session, q.Next(q.Path("/cabinet/"))
	lang, err := s.Prefers(ctx, me.Subject)
	if err != nil {
		return err
	}
	if lang != "" && lang != q.Lang {
		if rest, ok := strings.CutPrefix(next, q.Path("/")); ok {
			next = "/" + lang + "/" + rest
		}
		return q.Redirect("/" + lang + "/cabinet/welcome?next=" + url.QueryEscape(next))
	}
	var reopened time.Time
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { reopened, err = selectReopened(tx, me.Subject); return err }); err != nil {
		return err
	}
	if now := s.Clock.Now(); !reopened.IsZero() && now.Sub(reopened) < reopenedShown && !me.Signed.After(reopened) {
		return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.reopened.title"), Body: pages.Reopened(next)})
	}
	due, err := s.Ask(ctx, me)
	if err != nil {
		return err
	}
	if !due.Is {
		return q.Redirect(next)
	}
	values, err := s.read(ctx, me.Subject, vault.Profile, policy.FieldEmail, policy.FieldPhone)
	if err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.ask.title"), Body: pages.AskPage(pages.Ask{
		Facts: s.contactRows(q, values, due.Bounced, false), Action: q.Path("/cabinet/welcome"), Next: next, Bad: len(due.Bounced) > 0,
	})})
}

func (s *Service) takeRight(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := s.Right(q.R.Context(), q.Session.Subject); err != nil {
		return err
	}
	return q.Redirect(q.Next(q.Path("/cabinet/")))
}

func (s *Service) showLevel(q *web.Req) error {
	me := q.Session
	var st standing
	var v Verification
	if err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		if st, err = selectStanding(tx, me.Subject); err != nil {
			return err
		}
		v, err = selectVerification(tx, me.Subject)
		return err
	}); err != nil {
		return err
	}
	page := pages.Level{Facts: s.verifiedRows(q.P, v)}
	for l := web.LevelDeclared; l <= web.LevelNational; l++ {
		task := ui.Task{Title: q.P.T("account.level." + l.String()), Hint: q.P.T("account.level." + l.String() + ".text"),
			Status: ui.Label{Text: q.P.T("account.level.no"), Kind: ui.Neutral}}
		switch {
		case l >= web.LevelOfficial && l < me.Level && l != v.Level:
			continue // what is known more surely says nothing of how
		case l <= me.Level:
			task.Status = ui.Label{Text: q.P.T("account.level.yes"), Kind: ui.Good}
		case l == web.LevelNational && s.Identity.Login() != nil && s.Identity.Login().Gives() == l:
			row, err := s.Identity.Login().Row(q)
			if err != nil {
				return err
			}
			task.Href = row.Href
		case l >= web.LevelRegister:
			continue // no register is joined to the portal, or no national login
		}
		page.Levels = append(page.Levels, task)
	}
	pol := s.Policy()
	if a, ok := pol.Activity(ActivityCheck); ok {
		page.Reference = st.Reference
		for _, party := range pol.Recipients(a) {
			page.Where = append(page.Where, q.P.In(party.Name))
		}
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.level.title"), Body: pages.LevelPage(page), Back: q.Path("/cabinet/settings")})
}

// Standing says how well whoever is signed in is known, by whom and since when.
func (s *Service) Standing(q *web.Req) ([]ui.Row, error) {
	v, err := s.Verified(q.R.Context(), q.Session.Subject)
	if err != nil {
		return nil, err
	}
	rows := []ui.Row{{Key: q.P.T("account.level.now"), Tag: levelLabel(q.P, q.Session.Level)}}
	return append(rows, s.verifiedRows(q.P, v)...), nil
}

// verifiedRows says who verified somebody, and when.
func (s *Service) verifiedRows(p *i18n.Printer, v Verification) []ui.Row {
	if v.ID == "" {
		return nil
	}
	who, pol := p.T("account.level."+v.Level.String()), s.Policy()
	if role, ok := pol.Role(v.Role); ok {
		who = p.In(role.Name)
	}
	if party, ok := pol.Party(v.Party); ok {
		who = p.T("account.verified.of", "role", who, "party", p.In(party.Name))
	}
	return []ui.Row{
		{Key: p.T("account.verified.what"), Value: p.T("identity.details.identity-number")},
		{Key: p.T("account.verified.by"), Value: who}, {Key: p.T("account.verified.when"), Value: p.DateTime(v.At)},
	}
}

// showClosing says what closing a cabinet means for whoever asks.
func (s *Service) showClosing(q *web.Req) error {
	list, err := s.Applications.Of(q)
	if err != nil {
		return err
	}
	until := s.Until()
	page := pages.Closing{
		Until: q.P.Date(until), Days: until.After(s.Clock.Now()), Go: q.Path("/cabinet/close/confirm"), Proof: q.Path("/privacy/proof"),
	}
	for _, a := range list {
		item := ui.Item{Title: a.Title, Href: a.Href}
		if a.Reference != "" {
			item.Title += " " + q.P.Isolate(a.Reference)
		}
		switch {
		case a.Draft:
			page.Drafts = append(page.Drafts, item)
		case a.Open:
			if act, ok := s.Policy().Activity(a.Service + ".decide"); ok {
				item.Text = q.P.T("account.close.open.law", "law", law(q.P, s.Policy(), act))
			}
			page.Open = append(page.Open, item)
		}
	}
	if page.Kept, err = s.kept(q, list); err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.close.title"), Body: pages.ClosingPage(page), Back: q.Path("/cabinet/settings")})
}

// law is the basis of an activity in words.
func law(p *i18n.Printer, pol *policy.Policy, a policy.Activity) string {
	b := pol.BasisOf(a)
	if len(b.Law) > 0 {
		return p.In(b.Law)
	}
	return string(b.DPV)
}

// kept lists what stays of somebody, why, and until when: from the
// declarations, for what there is of them.
func (s *Service) kept(q *web.Req, list []Application) (out []pages.Kept, err error) {
	pol, seen := s.Policy(), map[string]bool{}
	// A thing has one rule, that of its kind, whatever fields it is of.
	thing := func(a policy.Activity, kind, service, name string) {
		if rule, ok := pol.RuleOf(kind, service, ""); ok {
			out = append(out, pages.Kept{What: name, Why: law(q.P, pol, a), Until: s.untilWords(q.P, rule)})
		}
	}
	profile := func(a policy.Activity) {
		byRule := map[string][]string{}
		var order []string
		for _, id := range a.Fields {
			f, _ := pol.Field(id)
			rule, ok := pol.RetentionOf(a, id)
			category, _ := pol.Category(f.Category)
			if !ok || seen[a.ID+" "+rule.ID+" "+category.ID] {
				continue
			}
			seen[a.ID+" "+rule.ID+" "+category.ID] = true
			if byRule[rule.ID] == nil {
				order = append(order, rule.ID)
			}
			byRule[rule.ID] = append(byRule[rule.ID], q.P.In(category.Name))
		}
		for _, id := range order {
			rule, _ := pol.Retention(id)
			out = append(out, pages.Kept{What: q.P.List(byRule[id]), Why: law(q.P, pol, a), Until: s.untilWords(q.P, rule)})
		}
	}
	if own, ok := pol.Activity(policy.ActivityAccount); ok {
		profile(own)
	}
	services := map[string]bool{}
	for _, a := range list {
		if a.Draft || services[a.Service] {
			continue
		}
		services[a.Service] = true
		if act, ok := pol.Activity(a.Service + ".decide"); ok {
			thing(act, policy.KindCase, a.Service, a.Title)
		}
	}
	also, err := s.Also(q.R.Context(), q.Session.Subject)
	if err != nil {
		return nil, err
	}
	for _, o := range also {
		if act, ok := pol.Activity(o.Activity); ok {
			thing(act, o.Kind, "", q.P.In(act.Name))
		}
	}
	if rule, ok := pol.Retention("log"); ok {
		out = append(out, pages.Kept{What: q.P.In(rule.Name), Why: q.P.T("account.close.kept.log"), Until: s.untilWords(q.P, rule)})
	}
	return out, nil
}

// untilWords says until when something is kept.
func (s *Service) untilWords(p *i18n.Printer, rule policy.Retention) string {
	if rule.Period == policy.PeriodNone && rule.Grace != "" {
		return p.T("account.close.kept.date", "date", p.Date(s.Until()))
	}
	return p.T("account.close.kept.until", "period", rule.Say(p))
}

func (s *Service) showClose(q *web.Req) error { return s.askClose(q, nil) }

func (s *Service) askClose(q *web.Req, t *identity.Typed) error {
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	return identity.Answer(q, t, q.Path("/cabinet/close"), identitypages.Form{
		Caption: q.P.T("account.close.title"), Title: q.P.T("account.close.sure"), Lead: []string{q.P.T("account.close.sure.text", "date", s.Until())},
		Action: q.Path("/cabinet/close/confirm"), Button: q.P.T("account.close.do"), Look: ui.Danger,
		Fields: []templ.Component{ui.Checkbox(ui.Field{Name: "read", Label: q.P.T("account.close.read"), Error: t.Error("read")}, false)},
	}, "read")
}

func (s *Service) takeClose(q *web.Req) error {
	if err := q.NeedStepUp(web.StepUpAge); err != nil {
		return err
	}
	t := identity.ReadForm(q, "read")
	if !t.Bad() && q.Value("read") != "yes" {
		t.Add(fault.Input(fault.Field{Name: "read", Code: "account.close.unread"}))
	}
	if t.Bad() {
		return s.askClose(q, t)
	}
	if _, err := s.Close(q.R.Context(), q.Session.Subject, q.Lang); err != nil {
		return err
	}
	if err := q.SetCookie(web.SessionCookie, "", -1); err != nil {
		return err
	}
	return q.Redirect(q.Path("/closed"))
}

func (s *Service) showClosed(q *web.Req) error {
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.closed.title"), Body: pages.ClosedPage(), Private: true})
}
