package cases

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"portico/internal/cases/pages"
	"portico/internal/platform/clock"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// The inputs of the pages of one's own applications.
const (
	inputState   = "_state"
	inputSeen    = "_seen" // the revision that was seen
	inputAction  = "action"
	inputMessage = "message"
	toWrite      = "write" // the action that sends a message and nothing else
)

// Mount declares the pages of one's own applications. An activity that begins
// with {service} is that of each service.
func (c *Cases) Mount(r *web.Router) {
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: "/cabinet/applications", Handler: c.list},
		{Method: http.MethodGet, Path: "/cabinet/applications/{id}", Handler: c.own},
		{Method: http.MethodPost, Path: "/cabinet/applications/{id}", Handler: c.did},
	} {
		rt.Audience, rt.Activity = web.Person, "{service}.apply"
		r.Handle(rt)
	}
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

// listed is how many applications a page lists.
const listed = 20

// list shows the person's applications, the one that changed last first.
func (c *Cases) list(q *web.Req) error {
	show := q.Value("show")
	f := Mine{Subject: q.Session.Subject, Open: show == "open", Closed: show == "closed", Limit: listed}
	f.Before, f.BeforeID = placeBefore(q.Value("before"))
	rows, more, err := c.Mine(q.R.Context(), f)
	if err != nil {
		return err
	}
	base := q.Path("/cabinet/applications")
	at := func(v url.Values) string {
		if len(v) == 0 {
			return base
		}
		return base + "?" + v.Encode()
	}
	page := pages.List{Grid: ui.Grid{Empty: q.P.T("cases.list.empty"), Head: []ui.Cell{
		{Text: q.P.T("cases.list.service")}, {Text: q.P.T("cases.list.reference")}, {Text: q.P.T("cases.list.state")}, {Text: q.P.T("cases.list.left")}, {Text: q.P.T("cases.list.changed")},
	}}}
	for _, one := range []string{"", "open", "closed"} {
		here := url.Values{}
		if one != "" {
			here.Set("show", one)
		}
		name := "cases.list.all"
		if one != "" {
			name = "cases.list." + one
		}
		page.Filters = append(page.Filters, pages.Filter{Text: q.P.T(name), Href: at(here), Here: one == show})
	}
	list := c.summaries(q, rows)
	if c.Drafts != nil && show != "closed" && f.Before.IsZero() {
		begun, err := c.Drafts.Summaries(q)
		if err != nil {
			return err
		}
		list = append(begun, list...)
	}
	for _, one := range list {
		page.Grid.Rows = append(page.Grid.Rows, []ui.Cell{
			{Text: one.Service, Href: one.Href}, {Text: cmp.Or(one.Reference, "–"), LTR: true}, {Tag: &one.State}, {Text: cmp.Or(one.Left, "–")}, {Text: q.P.DateTime(one.Changed)},
		})
	}
	next := url.Values{}
	if show != "" {
		next.Set("show", show)
	}
	if !f.Before.IsZero() {
		page.Pages.Prev = at(next)
	}
	if more {
		last := rows[len(rows)-1]
		next.Set("before", strconv.FormatInt(clock.Micros(last.Changed), 36)+"."+last.ID)
		page.Pages.Next = at(next)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("cases.list.title"), Body: pages.ListPage(page), Wide: true})
}

// placeBefore reads where a page of the list goes on.
func placeBefore(s string) (time.Time, string) {
	if len(s) < 38 || s[len(s)-37] != '.' || !id.Valid(s[len(s)-36:]) {
		return time.Time{}, ""
	}
	at, err := strconv.ParseInt(s[:len(s)-37], 36, 64)
	if err != nil || at <= 0 {
		return time.Time{}, ""
	}
	return clock.FromMicros(at), s[len(s)-36:]
}

func (c *Cases) own(q *web.Req) error {
	var notice *pages.Notice
	if done := q.Value("done"); slices.Contains([]string{toWrite, "changed", "same", "acted"}, done) {
		notice = &pages.Notice{Kind: ui.Good, Title: q.P.T("cases.application.done"), Text: q.P.T("cases.application.done." + done)}
	}
	return c.showOwn(q, http.StatusOK, notice, "", "")
}

// showOwn shows an application; typed and wrong are a message that was not
// accepted.
func (c *Cases) showOwn(q *web.Req, status int, notice *pages.Notice, typed, wrong string) error {
	a, err := c.Application(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	d, s := a.Service, a.State()
	party, _ := c.Policy().Party(d.Responsible)
	here := q.Path("/cabinet/applications/" + a.ID)
	page := pages.Application{
		Service: q.P.In(d.Name), Reference: a.Reference, Notice: notice, State: Tag(q.P, d, a.Case), Says: q.P.In(s.Says),
		Remarks: a.Remarks, Party: q.P.In(party.Name), Appeal: q.P.In(d.Appeal),
		Answers: c.Grid(q.P, a, d.Asked(), "cases.source.form"),
		Access:  q.Path("/cabinet/access?case=" + url.QueryEscape(a.ID)), Receipt: here + "/receipt", Action: here,
		Hidden: []pages.Hidden{{Name: inputState, Value: s.ID}},
	}
	if _, decided := a.Decision(); decided {
		page.Letter = here + "/letter"
	}
	_, contest := s.Contest() // whose term is said beside it
	if due := c.Due(a.Case); a.Open() && !due.IsZero() && !contest {
		page.Due = q.P.T(dueKey(s, c.Overdue(a.Case)), "date", q.P.Date(due))
	}
	if a.Fee != nil && (s.Fee || !s.Final) {
		page.Fee = &pages.Section{Title: q.P.T("cases.fee"), Rows: c.FeeRows(q.P, a.Fee)}
		page.FeeDue = q.P.T("cases.fee.due")
		if s.Fee {
			page.FeeDue = q.P.T("cases.fee.due.elsewhere")
		}
		if _, waits := s.Paid(); waits {
			page.FeeDue, page.Pay = q.P.T("cases.fee.due.now"), here+"/pay"
		}
	}
	if c.Documents != nil {
		if page.Documents, err = c.Documents(q, a.ID); err != nil {
			return err
		}
	}
	if len(a.Changeable()) > 0 {
		page.Change = here + "/change"
	}
	for _, m := range a.Messages {
		by := q.P.T("cases.step.by.you")
		if m.Office {
			by = q.P.T("cases.step.by.party", "party", page.Party)
		}
		page.Messages = append(page.Messages, pages.Message{By: by, Time: q.P.DateTime(m.At), Text: m.Text})
	}
	if c.Files != nil {
		if page.Sent, err = c.Files(q, a); err != nil {
			return err
		}
	}
	if c.Decided != nil {
		if page.Decided, err = c.Decided(q, a, typed, wrong); err != nil {
			return err
		}
	}
	c.offer(q, a, &page, typed, wrong)
	page.Events = c.Timeline(q.P, a, func(id string) string {
		switch id {
		case q.Session.Subject:
			return q.P.T("cases.step.by.you")
		case BySystem, ByPayment, ByProgram:
			return q.P.T("cases.step.by." + id)
		}
		return q.P.T("cases.step.by.party", "party", page.Party)
	})
	return q.Page(status, web.Page{
		Title: q.P.T("cases.application.title"), Service: page.Service, Body: pages.ApplicationPage(page), Invalid: wrong != "",
		Back: q.Path("/cabinet/applications"),
	})
}

// dueKey is the sentence about a deadline: whose it is, and whether it passed.
func dueKey(s services.State, overdue bool) string {
	key := "cases.application.due"
	if overdue {
		key = "cases.application.overdue"
	}
	if _, waits := s.Paid(); waits {
		key += ".payment"
	} else if s.Turn() == services.Applicant {
		key += ".yours"
	}
	return key
}

// offer says what the person can do: write, answer, withdraw.
func (c *Cases) offer(q *web.Req, a *Application, page *pages.Application, typed, wrong string) {
	if wrong != "" {
		page.Problems = []ui.Problem{{ID: inputMessage, Text: wrong}}
	}
	if _, contested := a.State().Contest(); !a.Open() || contested {
		return // what can be done about a decision of the program stands beside it
	}
	write := &pages.Write{Typed: typed, Wrong: wrong, Max: MaxText}
	if _, ok := a.Asked(); ok && len(a.Messages) > 0 {
		write.Answers = true
		for _, m := range a.Messages {
			if m.Office {
				page.Asked = m.Text
			}
		}
	}
	for _, action := range a.State().Of(services.Applicant) {
		to, _ := a.Service.Workflow.State(action.To)
		b := ui.Btn{Text: q.P.In(action.Name), Name: inputAction, Value: action.ID, Look: ui.Primary}
		if to.Final {
			b.Look = ui.Danger
			page.Withdraw = &b
		} else {
			write.Buttons = append(write.Buttons, b)
		}
	}
	if a.Service.MessageField() != "" && !write.Answers {
		look := ui.Secondary
		if len(write.Buttons) == 0 && page.Pay == "" {
			look = ui.Primary
		}
		write.Buttons = append(write.Buttons, ui.Btn{Text: q.P.T("cases.application.send"), Name: inputAction, Value: toWrite, Look: look})
	}
	if len(write.Buttons) > 0 {
		page.Write = write
	}
}

// did does what the person chose.
func (c *Cases) did(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once(inputAction, inputMessage, inputState)
	}
	here := q.Path("/cabinet/applications/" + q.R.PathValue("id"))
	if err == nil {
		if q.Value(inputAction) == toWrite {
			if err = c.Write(q.R.Context(), actor(q), q.R.PathValue("id"), q.Value(inputMessage)); err == nil {
				return q.Redirect(here + "?done=" + toWrite)
			}
		} else if _, err = c.Do(q.R.Context(), actor(q), q.R.PathValue("id"), q.Value(inputState), q.Value(inputAction), q.Value(inputMessage)); err == nil {
			return q.Redirect(here + "?done=acted")
		}
	}
	f := fault.From(err)
	switch {
	case Moved(err):
		return c.showOwn(q, http.StatusConflict, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("cases.application.moved"), Text: q.P.T(f.Code),
		}, q.Value(inputMessage), "")
	case f.Kind == fault.Invalid && len(f.Fields) == 1 && f.Fields[0].Name == inputMessage:
		return c.showOwn(q, http.StatusUnprocessableEntity, nil, q.Value(inputMessage), q.P.T(f.Fields[0].Code, f.Fields[0].Args...))
	}
	return err
}
