package drafts

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico/internal/drafts/pages"
	"portico/internal/forms"
	"portico/internal/forms/questions"
	"portico/internal/forms/say"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
	"portico/internal/uploads"
)

// The inputs of our own pages; a form's keys never begin with "_".
const (
	inputDraft    = "_draft"    // the id of the draft that the page was made from
	inputBefore   = "_before"   // how many applications had been sent then
	inputSeen     = "_seen"     // what the page held then
	inputDo       = "_do"       // what a button does besides going on
	inputHand     = "_hand"     // the window that sends the page, and how often it did
	inputRevision = "_revision" // of the draft whose answers were checked
	inputDeclared = "_declared"
)

// pageLimit bounds what a page of questions sends.
const pageLimit = 512 << 10

// Mount declares the pages. An activity that begins with {service} is that of
// each service.
func (s *Drafts) Mount(r *web.Router) {
	for path, h := range map[string][2]web.Handler{
		"":         {s.through(s.start), nil},
		"/{page}":  {s.through(s.ask), s.answer}, // what was typed is kept, and then told
		"/check":   {s.through(s.check), s.through(s.send)},
		"/changes": {s.through(s.changes), s.adopt},
		"/delete":  {s.ending, s.end},
	} {
		for _, route := range []web.Route{
			{Path: "/services/{id}/apply" + path, Audience: web.Person, Activity: "{service}.apply"},
			{Path: "/staff/apply/{id}" + path, Audience: web.Staff, Activity: "{service}.enter", Unprefixed: true},
		} {
			for i, method := range []string{http.MethodGet, http.MethodPost} {
				if route.Method, route.Handler = method, h[i]; h[i] == nil {
					continue
				}
				if method == http.MethodPost {
					route.Limit = pageLimit
				}
				if route.Audience == web.Staff {
					route.Handler = s.begun(h[i])
					if path == "" {
						continue // see package enter
					}
				}
				r.Handle(route)
			}
		}
	}
	r.Handle(web.Route{Method: http.MethodGet, Path: "/cabinet/applications/{id}/sent", Audience: web.Person, Activity: "{service}.apply", Handler: s.sentPage})
}

// through answers whoever cannot begin now: the service is not open, or
// something else comes first. Who has a draft sees it, and why it cannot be
// sent, and can delete it.
func (s *Drafts) through(h web.Handler) web.Handler {
	door := services.Door{Catalogue: s.Catalogue, Reached: s.Cases, Clock: s.Clock}
	return func(q *web.Req) error {
		p := place(q)
		if d := s.Catalogue.Service(p.Service); d != nil {
			draft, err := s.row(q.R.Context(), p)
			if err != nil {
				return err
			}
			if draft != nil {
				return h(q)
			}
			if turned, err := door.Turn(q, d, p.Variant); turned || err != nil {
				return err
			}
		}
		return h(q)
	}
}

// place is the application that a request is about.
func place(q *web.Req) Place {
	kind := policy.Person
	if q.Session.Realm == web.RealmStaff {
		kind = policy.Staff
	}
	return Place{
		Actor: policy.Actor{
			Kind: kind, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong,
		},
		Level:   q.Session.Level,
		Lang:    q.Lang,
		Service: q.R.PathValue("id"), Variant: q.R.URL.Query().Get("variant"), Draft: q.R.URL.Query().Get("draft"),
	}
}

// address is that of a page of an application; checking leads back to where
// the answers are checked.
func address(q *web.Req, p Place, page string, checking bool) string {
	if p.Actor.Kind == policy.Staff {
		return path(p, page, checking)
	}
	return q.Path(path(p, page, checking))
}

// path is an address without its language.
func path(p Place, page string, checking bool) string {
	query := url.Values{}
	if p.Variant != "" {
		query.Set("variant", p.Variant)
	}
	if checking {
		query.Set("checking", "1")
	}
	at := "/services/" + url.PathEscape(p.Service) + "/apply"
	if p.Actor.Kind == policy.Staff {
		at = "/staff/apply/" + url.PathEscape(p.Service)
		query.Set("draft", p.Draft)
	}
	if page != "" {
		at += "/" + page
	}
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	return at
}

// checking reports whether the person came from checking their answers.
func checking(q *web.Req) bool { return q.R.URL.Query().Get("checking") != "" }

// start leads to where the application goes on.
func (s *Drafts) start(q *web.Req) error {
	p := place(q)
	w, err := s.Open(q.R.Context(), p)
	if err != nil {
		return err
	}
	if w.Bar != nil {
		return q.Redirect(address(q, p, "check", false))
	}
	if w.Carried != nil {
		return q.Redirect(address(q, p, "changes", false))
	}
	if w.Service.Form.TaskList() {
		return s.showTasks(q, p, w)
	}
	page := w.Service.Form.Pages[0].ID
	if w.Draft != nil {
		if _, ok := w.Service.Form.Page(w.Draft.Page); ok {
			page = w.Draft.Page
		}
		if slices.Contains(w.content.Done, page) {
			page = w.next(page)
		}
	}
	return q.Redirect(address(q, p, page, false))
}

// next returns the page that follows, or check after the last.
func (w *Work) next(page string) string {
	found := false
	for _, p := range w.Service.Form.Pages {
		if found && w.asks(p) {
			return p.ID
		}
		found = found || p.ID == page
	}
	return "check"
}

// previous returns the page that comes before, or nothing.
func (w *Work) previous(page string) (before string) {
	for _, p := range w.Service.Form.Pages {
		if p.ID == page {
			break
		}
		if w.asks(p) {
			before = p.ID
		}
	}
	return before
}

// asks reports whether a page asks anything as things stand.
func (w *Work) asks(page forms.Page) bool {
	return slices.ContainsFunc(page.Fields, func(key string) bool { return w.Outcome.Hidden[key] == "" })
}

func (s *Drafts) ask(q *web.Req) error {
	p := place(q)
	w, err := s.Open(q.R.Context(), p)
	if err != nil {
		return err
	}
	page, ok := w.Service.Form.Page(q.R.PathValue("page"))
	if !ok {
		return errNotFound
	}
	_, files := w.filesOn(page)
	instead, early := w.early(page)
	switch {
	case w.Bar != nil:
		return q.Redirect(address(q, p, "", false)) // which says so
	case early:
		return q.Redirect(address(q, p, instead, false))
	case files && w.Draft == nil && w.previous(page.ID) != "":
		return q.Redirect(address(q, p, "", false)) // a file belongs to a draft
	case files && w.Draft == nil:
		if err := s.begin(q.R.Context(), w, page); err != nil {
			return err
		}
	}
	var wrong []forms.Error
	if checking(q) && w.Draft != nil {
		wrong = w.wrong(page)
	}
	var n *pages.Notice
	if q.R.URL.Query().Get("saved") != "" && w.Draft != nil {
		n = &pages.Notice{Kind: ui.Good, Title: q.P.T("drafts.saved", "time", q.P.Time(w.Draft.Changed)), Text: q.P.T("drafts.saved.text")}
	}
	return s.showPage(q, p, w, page, show{status: http.StatusOK, wrong: wrong, notice: n})
}

// show is how a page of questions is shown.
type show struct {
	status  int
	wrong   []forms.Error
	problem string // with a file
	notice  *pages.Notice
	saved   *Work // what is saved instead, if it differs
}

func (s *Drafts) showPage(q *web.Req, p Place, w *Work, page forms.Page, how show) error {
	d, form := w.Service, w.Service.Form
	if how.notice == nil {
		how.notice = w.news(q, p)
	}
	a := pages.Ask{
		Service: s.name(q, w), Title: q.P.In(page.Title), Hint: q.P.In(page.Hint), Notice: how.notice, Page: page,
		Step: q.P.T("drafts.ask.step", "n", 1+slices.IndexFunc(form.Pages, func(o forms.Page) bool { return o.ID == page.ID }), "of", len(form.Pages)),
		Form: questions.View{
			Form: form, Typed: w.Typed, Companies: w.may, Why: d.Why(s.Policy(), q.P), Notes: map[string]string{}, Hidden: w.Outcome.Hidden, Needed: w.Outcome.Needed,
		},
		Profile: w.profileBox(q, page), Action: address(q, p, page.ID, checking(q)), Update: form.HasFee() || len(w.Outcome.Hidden) > 0,
	}
	if p.Actor.Kind == policy.Staff {
		a.Step += " · " + q.P.T("drafts.enter.for", "channel", q.P.T("cases.channel."+string(w.Draft.Channel)))
	}
	for key := range w.content.Filled {
		a.Form.Notes[key] = q.P.T("drafts.profile.note")
	}
	for _, e := range how.wrong {
		if e.Key == "" {
			a.General = append(a.General, ui.Problem{Text: e.Text(form, q.P)})
		} else {
			a.Form.Errors = append(a.Form.Errors, e)
		}
	}
	if f, ok := w.filesOn(page); ok && w.Draft != nil && s.Files != nil {
		if err := s.showFiles(q, &a, w, f, how); err != nil {
			return err
		}
	}
	of := w // what is saved
	if how.saved != nil {
		of, a.Differing = how.saved, w.differing(q, how.saved, page, address(q, p, page.ID, checking(q)))
	}
	a.Hidden = []pages.Hidden{{Name: inputDraft}, {Name: inputBefore, Value: strconv.Itoa(of.Before)}, {Name: inputSeen, Value: digest(ofPage(form, page, of.content.Typed))}}
	if of.Draft != nil {
		a.Hidden[0].Value = of.Draft.ID
		a.Expires, a.Delete = s.expires(q, of), address(q, p, "delete", false)
	} else {
		a.Terms = s.terms(q)
	}
	a.Keeps = a.Files == nil && a.Differing == nil // what differs is decided by a button
	a.Form.Live, a.Fee = a.Files == nil, s.estimate(q, w)
	back := before(q, d.ID)
	if before := w.previous(page.ID); checking(q) {
		back = address(q, p, "check", false)
	} else if form.TaskList() {
		back = address(q, p, "", false)
	} else if before != "" {
		back = address(q, p, before, false)
	}
	return q.Page(how.status, web.Page{
		Title: a.Title, Service: a.Service, Body: pages.AskPage(a), Invalid: len(a.Form.Errors)+len(a.General) > 0, Back: back,
	})
}

// filesOn returns the question for files of a page: it stands alone there.
func (w *Work) filesOn(page forms.Page) (forms.Field, bool) {
	for _, key := range page.Fields {
		if f, _ := w.Service.Form.Field(key); f.Kind == forms.Files && w.Outcome.Hidden[key] == "" {
			return f, true
		}
	}
	return forms.Field{}, false
}

// showFiles puts the question for files on its page, as a form of its own.
func (s *Drafts) showFiles(q *web.Req, a *pages.Ask, w *Work, f forms.Field, how show) error {
	field := ui.Field{Label: q.P.In(f.Label), Hint: q.P.In(f.Hint), Why: a.Form.Why[f.Key], Error: how.problem}
	for _, e := range how.wrong {
		if e.Key == f.Key && field.Error == "" {
			field.Error = e.Text(w.Service.Form, q.P)
		}
	}
	a.Form.Errors = nil
	if field.Error != "" {
		a.General = append(a.General, ui.Problem{ID: uploads.InputID, Text: field.Error})
	}
	question, _, err := s.Files.Question(q, w.spot(f), field)
	a.Files = question
	a.Form.File = func(forms.Field, ui.Field) templ.Component { return templ.NopComponent }
	return err
}

// name is what is applied for.
func (s *Drafts) name(q *web.Req, w *Work) string {
	if variant := q.P.In(w.Offer.Name); variant != "" {
		return q.P.In(w.Service.Name) + ": " + variant
	}
	return q.P.In(w.Service.Name)
}

// terms are what holds while an application is made (M6).
func (s *Drafts) terms(q *web.Req) []pages.Link {
	since := s.Policy().Declarations().Revision.Date
	return []pages.Link{
		{Text: q.P.T("drafts.terms.policy", "date", q.P.Date(since.Start(q.P.Zone()))), Href: q.Path("/privacy")},
		{Text: q.P.T("drafts.terms.terms"), Href: q.Path("/terms")},
	}
}

// expires says until when a draft is kept.
func (s *Drafts) expires(q *web.Req, w *Work) string {
	return q.P.T("drafts.expires", "date", q.P.Date(w.Service.Expires(s.Policy(), w.Draft.Changed)))
}

// profileBox is what the profile does for a page, or could.
func (w *Work) profileBox(q *web.Req, page forms.Page) *pages.Profile {
	p := &pages.Profile{}
	for _, key := range page.Fields {
		f, ok := w.Service.Form.Field(key)
		label := q.P.In(f.Label)
		switch _, filled := w.content.Filled[key]; {
		case !ok || w.Outcome.Hidden[key] != "":
		case filled:
			p.Filled = append(p.Filled, ui.Btn{Text: q.P.T("drafts.profile.clear", "label", label), Name: inputDo, Value: "clear:" + key, Look: ui.Secondary})
		case (reusable(f, "ask") || reusable(f, "allow")) && w.actor.Kind == policy.Person && w.Outcome.Answers[key] == "":
			p.Offers = append(p.Offers, ui.Btn{Text: q.P.T("drafts.profile.use", "label", label), Name: inputDo, Value: "use:" + key, Look: ui.Secondary})
		}
	}
	if len(p.Filled) > 1 {
		p.Alone = &ui.Btn{Text: q.P.T("drafts.profile.alone"), Name: inputDo, Value: "alone", Look: ui.Secondary}
	}
	if len(p.Filled)+len(p.Offers) == 0 {
		return nil
	}
	return p
}

// differing shows what is saved beside what was typed.
func (w *Work) differing(q *web.Req, saved *Work, page forms.Page, at string) *pages.Differing {
	form := w.Service.Form
	d := &pages.Differing{
		Grid: ui.Grid{Head: []ui.Cell{{Text: q.P.T("drafts.differs.question")}, {Text: q.P.T("drafts.differs.saved")}, {Text: q.P.T("drafts.differs.typed")}}},
		Keep: pages.Link{Text: q.P.T("drafts.differs.keep"), Href: at},
		Mine: ui.Btn{Text: q.P.T("drafts.differs.mine"), Name: inputDo, Value: "save", Look: ui.Secondary},
	}
	cell := func(of *Work, f forms.Field) ui.Cell {
		if text := of.Outcome.Answers[f.Key]; text != "" {
			words, ltr := say.Answer(form, q.P, f.Key, text)
			return ui.Cell{Text: words, LTR: ltr}
		}
		var typed []string
		for _, name := range f.Inputs(f.Key) {
			if t := of.Typed[name]; t != "" {
				typed = append(typed, t)
			}
		}
		return ui.Cell{Text: cmp.Or(strings.Join(typed, " "), "–")}
	}
	for _, key := range page.Fields {
		if f, ok := form.Field(key); ok {
			if a, b := cell(saved, f), cell(w, f); a != b {
				d.Grid.Rows = append(d.Grid.Rows, []ui.Cell{{Text: q.P.In(f.Label)}, a, b})
			}
		}
	}
	return d
}

// change reads what was sent of a page.
func change(q *web.Req, sent url.Values) Change {
	ch := Change{
		Page: q.R.PathValue("page"), Draft: sent.Get(inputDraft), Seen: sent.Get(inputSeen), Sent: url.Values{},
		Hand: sent.Get(inputHand), Itself: itself(q),
	}
	ch.Before, _ = strconv.Atoi(sent.Get(inputBefore)) // what is no number is the first
	what, key, _ := strings.Cut(sent.Get(inputDo), ":")
	switch what {
	case "use":
		ch.Use = key
	case "clear":
		ch.Clear = key
	case "alone":
		ch.Alone = true
	case "":
		ch.Onward = !ch.Itself
	}
	for name, values := range sent {
		if !slices.Contains([]string{inputDraft, inputSeen, inputBefore, inputDo, inputHand}, name) {
			ch.Sent[name] = values
		}
	}
	return ch
}

func (s *Drafts) answer(q *web.Req) error {
	sent, err := q.Form()
	if err != nil && len(fault.From(err).Fields) == 0 {
		return err
	}
	p, ch := place(q), change(q, sent)
	w, err := s.Save(q.R.Context(), p, ch)
	if ch.Itself {
		return s.kept(q, w, err)
	}
	var gone *Sent
	var differs *Differs
	switch {
	case errors.As(err, &gone):
		return q.Redirect(sentAt(q, gone.Case))
	case errors.As(err, &differs):
		page, _ := w.Service.Form.Page(ch.Page)
		return s.showPage(q, p, w, page, show{status: http.StatusConflict, saved: differs.Saved, notice: &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("drafts.differs.title"), Text: q.P.T("drafts.differs.text"),
		}})
	case err != nil:
		return err
	}
	page, _ := w.Service.Form.Page(ch.Page)
	if w.edited && !w.odd {
		return s.showPage(q, p, w, page, show{status: http.StatusOK})
	}
	if wrong := w.wrong(page); w.odd || ch.Onward && len(wrong) > 0 {
		for _, e := range w.Outcome.Errors {
			if e.Key == "" && w.odd {
				wrong = append(wrong, e)
			}
		}
		return s.showPage(q, p, w, page, show{status: http.StatusUnprocessableEntity, wrong: wrong})
	}
	switch {
	case ch.Onward && checking(q):
		return q.Redirect(address(q, p, "check", false))
	case ch.Onward:
		return q.Redirect(address(q, p, w.after(page.ID), false))
	}
	at := address(q, p, page.ID, checking(q))
	if sent.Get(inputDo) == "save" {
		sign := "?"
		if strings.Contains(at, "?") {
			sign = "&"
		}
		at += sign + "saved=1"
	}
	return q.Redirect(at)
}
