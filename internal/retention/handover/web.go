package handover

import (
	"cmp"
	"net/http"
	"slices"

	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/retention/handover/pages"
)

const home = "/staff/retention/handovers"

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	r.Handle(web.Route{Method: "GET", Path: home, Audience: web.Staff, Unprefixed: true, Activity: "none: shows counts, ids and times",
		Handler: func(q *web.Req) error {
			if !s.may(q) {
				return errDenied
			}
			return s.show(q, nil)
		}})
	r.Handle(web.Route{Method: "POST", Path: home, Audience: web.Staff, Unprefixed: true, StepUp: web.StepUpAge,
		Activity: "none: the program hands over, by the activity of each party", Handler: s.act})
}

var (
	errDenied = fault.New(fault.Denied, "retention.error.denied")
	errNoAct  = fault.New(fault.Invalid, "retention.error.no-act")
)

func (s *Service) may(q *web.Req) bool { return s.Policy().May(q.Session.Roles, policy.KeepSchedules) }

func (s *Service) act(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if !s.may(q) {
		return errDenied
	}
	if err := q.Once("do", "party", "package", "reference"); err != nil {
		return err
	}
	ctx, pkg, official := q.R.Context(), q.Value("package"), q.Session.Subject
	var err error
	do := q.Value("do")
	switch do {
	case "make":
		if !slices.Contains(s.Parties(), q.Value("party")) {
			return errUnknown
		}
		_, err = s.Make(ctx, q.Value("party"), official)
	case "download":
		return s.give(q, pkg)
	case "acknowledge":
		err = s.Acknowledge(ctx, pkg, q.Value("reference"), official)
	case "withdraw":
		err = s.Withdraw(ctx, pkg, official)
	default:
		return errNoAct
	}
	if f := fault.From(err); err != nil && len(f.Fields) > 0 {
		return s.show(q, f.Fields)
	}
	if err != nil {
		return err
	}
	return q.Redirect(home + "?done=" + do)
}

// give sends a package, once. Whoever takes so much home has proved it with
// something that is not new.
func (s *Service) give(q *web.Req, pkg string) error {
	if err := q.NeedSeasoned(); err != nil {
		return err
	}
	p, err := s.Open(q.R.Context(), pkg, q.Session.Subject)
	if err != nil {
		return err
	}
	h := q.W.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="handover-`+p.ID+`.zip"`)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Language")
	q.W.WriteHeader(http.StatusOK)
	if err := s.Write(q.R.Context(), p, q.W); err != nil {
		q.Log.Error("a package broke off", "error", web.Reduce(err))
		panic(http.ErrAbortHandler) // what came must not look whole
	}
	return nil
}

// show shows the page, with what is wrong with what was typed.
func (s *Service) show(q *web.Req, wrong []fault.Field) error {
	waiting, err := s.Waiting(q.R.Context())
	if err != nil {
		return err
	}
	list, err := s.List(q.R.Context())
	if err != nil {
		return err
	}
	var page pages.Page
	if done := q.Value("done"); wrong == nil && slices.Contains([]string{"make", "acknowledge", "withdraw"}, done) {
		page.Notice = q.P.T("handover.done." + done)
	}
	for _, w := range waiting {
		page.Parties = append(page.Parties, s.party(q, w))
	}
	for _, p := range list {
		page.Packages = append(page.Packages, s.drawn(q, p, wrong))
	}
	for _, f := range wrong {
		page.Problems = append(page.Problems, ui.Problem{ID: "reference-" + q.Value("package"), Text: q.P.T(f.Code, f.Args...)})
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusUnprocessableEntity
	}
	return q.Page(status, web.Page{Title: q.P.T("handover.title"), Body: pages.HandoverPage(page), Invalid: wrong != nil, Back: "/staff/retention"})
}

func (s *Service) named(q *web.Req, party string) string {
	declared, _ := s.Policy().Party(party)
	return cmp.Or(q.P.In(declared.Name), party)
}

// party is what is to be handed over to one.
func (s *Service) party(q *web.Req, w Waiting) pages.Party {
	v := pages.Party{ID: w.Party, Name: s.named(q, w.Party), Make: w.Ready > 0}
	switch {
	case w.More:
		v.Says = append(v.Says, q.P.T("handover.ready.more", "n", q.P.Number(int64(w.Ready))))
	case w.Ready > 0:
		v.Says = append(v.Says, q.P.T("handover.ready", "n", w.Ready))
	default:
		v.Says = append(v.Says, q.P.T("handover.ready.none"))
	}
	if w.Held > 0 {
		v.Says = append(v.Says, q.P.T("handover.held", "n", w.Held))
	}
	if w.Ready > Most {
		v.Says = append(v.Says, q.P.T("handover.most", "n", Most))
	}
	return v
}

// drawn is a package as it is listed.
func (s *Service) drawn(q *web.Req, p *Package, wrong []fault.Field) pages.Package {
	v := pages.Package{ID: p.ID, Title: q.P.T("handover.package", "party", s.named(q, p.Party), "date", q.P.DateTime(p.Made)), Withdraw: p.Acknowledged.IsZero()}
	row := func(key, value string, ltr bool) {
		v.Facts = append(v.Facts, ui.Row{Key: q.P.T(key), Value: value, LTR: ltr})
	}
	row("handover.number", p.ID, true)
	row("handover.things", q.P.Number(p.Things), false)
	if !p.Opened.IsZero() {
		row("handover.opened", q.P.DateTime(p.Opened), false)
	}
	if p.SHA256 != "" {
		row("handover.sha256", p.SHA256, true)
	}
	state, kind := "new", ui.Info
	switch {
	case !p.Acknowledged.IsZero():
		row("handover.reference", p.Reference, true)
		row("handover.acknowledged", q.P.DateTime(p.Acknowledged), false)
		if state, kind = "done", ui.Good; p.Left > 0 {
			state, kind = "left", ui.Warn
			v.Says = q.P.T("handover.left", "n", p.Left)
		}
	case p.SHA256 != "":
		state = "given"
		v.Reference = &ui.Field{ID: "reference-" + p.ID, Name: "reference", Label: q.P.T("handover.reference"), Hint: q.P.T("handover.reference.hint"), LTR: true, Width: 20, Max: 60}
		if q.Value("package") == p.ID && len(wrong) > 0 {
			v.Reference.Value, v.Reference.Error = q.Value("reference"), q.P.T(wrong[0].Code)
		}
	case !p.Opened.IsZero():
		state, kind = "broken", ui.Warn
		v.Says = q.P.T("handover.broken")
	default:
		v.Download = true
	}
	v.Tag = ui.Label{Text: q.P.T("handover.state." + state), Kind: kind}
	return v
}
