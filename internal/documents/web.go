package documents

import (
	"net/http"
	"net/url"

	"portico/internal/documents/pages"
	"portico/internal/documents/pdf"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services/paper"
)

// Mount declares the pages. They are there if some service issues documents,
// those for officials if some lets them be revoked.
func (d *Documents) Mount(r *web.Router) {
	for _, rt := range []web.Route{
		{Path: "/cabinet/documents", Handler: d.list},
		{Path: "/cabinet/documents/{id}", Handler: d.own},
		{Path: "/cabinet/documents/{id}/pdf", Handler: d.file},
	} {
		rt.Method, rt.Audience, rt.Activity = http.MethodGet, web.Person, "{service}.issue"
		r.Handle(rt)
	}
	r.Handle(web.Route{Method: http.MethodGet, Path: "/verify/{number}/{token}", Audience: web.Public, Activity: "public", Handler: d.verdict})
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: "/staff/documents", Handler: d.search},
		{Method: http.MethodGet, Path: "/staff/documents/{number}", Handler: d.held},
		{Method: http.MethodPost, Path: "/staff/documents/{number}", Handler: d.ended},
	} {
		rt.Audience, rt.Activity, rt.Unprefixed = web.Staff, "{service}.revoke", true
		r.Handle(rt)
	}
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

// shown is how a document stands, to the person whose it is.
func (d *Documents) shown(row *Document) State {
	now, state := d.Clock.Now(), row.At(d.Clock.Now())
	if s := d.Cases.Catalogue.Service(row.Service); state == Valid && !row.Expires.IsZero() && s != nil && s.Document != nil &&
		row.Expires.Sub(now) <= s.Document.Nearing() {
		return ExpiresSoon
	}
	return state
}

// tag draws a state.
func tag(p *i18n.Printer, s State) ui.Label {
	kind := map[State]ui.Kind{Valid: ui.Good, ExpiresSoon: ui.Warn, BeingMade: ui.Info, Expired: ui.Neutral, IsReplaced: ui.Neutral}[s]
	if kind == "" {
		kind = ui.Bad
	}
	return ui.Label{Text: p.T("documents.state." + string(s)), Kind: kind}
}

// list shows the person's documents, the latest first.
func (d *Documents) list(q *web.Req) error {
	rows, err := d.Of(q.R.Context(), q.Session.Subject, "")
	if err != nil {
		return err
	}
	grid := ui.Grid{Empty: q.P.T("documents.list.empty"), Head: []ui.Cell{
		{Text: q.P.T("documents.list.document")}, {Text: q.P.T("documents.fact.document.number")}, {Text: q.P.T("documents.list.state")},
		{Text: q.P.T("documents.fact.document.issued")}, {Text: q.P.T("documents.fact.document.until")},
	}}
	for _, row := range rows {
		state := tag(q.P, d.shown(row))
		grid.Rows = append(grid.Rows, []ui.Cell{
			{Text: d.name(q.P, row), Href: q.Path("/cabinet/documents/" + row.ID)}, {Text: row.Number, LTR: true}, {Tag: &state},
			{Text: q.P.Date(row.Issued)}, {Text: d.ends(q.P, row)},
		})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("documents.list.title"), Body: pages.ListPage(grid), Wide: true})
}

// name is what people call such a document.
func (d *Documents) name(p *i18n.Printer, row *Document) string {
	if s := d.Cases.Catalogue.Service(row.Service); s != nil && s.Document != nil {
		return p.In(s.Document.Name)
	}
	return p.T("documents.list.document")
}

// Words say what a document is called, how it stands and until when it is
// valid.
func (d *Documents) Words(p *i18n.Printer, row *Document) (name, state, until string) {
	return d.name(p, row), tag(p, row.At(d.Clock.Now())).Text, d.ends(p, row)
}

// ends says when a document ends.
func (d *Documents) ends(p *i18n.Printer, row *Document) string {
	switch {
	case row.Made.IsZero():
		return "–"
	case row.Expires.IsZero():
		return p.T("documents.never")
	}
	return until(p, row)
}

// facts are those of every document.
func (d *Documents) facts(p *i18n.Printer, row *Document) []ui.Row {
	return []ui.Row{
		{Key: p.T("documents.fact.document.number"), Value: row.Number, LTR: true},
		{Key: p.T("documents.fact.document.issued"), Value: p.Date(row.Issued)},
		{Key: p.T("documents.fact.document.until"), Value: d.ends(p, row)},
	}
}

// Alert lists those documents of whoever is signed in that are about to expire.
func (d *Documents) Alert(q *web.Req) ([]ui.Item, error) {
	return d.items(q, "", func(s State) bool { return s == ExpiresSoon })
}

// Items lists the documents of a case of whoever is signed in.
func (d *Documents) Items(q *web.Req, caseID string) ([]ui.Item, error) {
	return d.items(q, caseID, func(State) bool { return true })
}

func (d *Documents) items(q *web.Req, caseID string, chosen func(State) bool) (items []ui.Item, err error) {
	rows, err := d.Of(q.R.Context(), q.Session.Subject, caseID)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		state := d.shown(row)
		if !chosen(state) {
			continue
		}
		label := tag(q.P, state)
		item := ui.Item{Title: d.name(q.P, row) + " " + q.P.Isolate(row.Number), Href: q.Path("/cabinet/documents/" + row.ID), Tag: &label}
		if !row.Expires.IsZero() && !row.Made.IsZero() {
			item.Meta = q.P.T("documents.until", "date", until(q.P, row))
		}
		items = append(items, item)
	}
	return items, nil
}

// address is where a document is verified, in the language of the page.
func (d *Documents) address(lang string, doc *Paper) string {
	return d.Address() + "/" + lang + "/verify/" + doc.Number + "/" + doc.Token
}

// own shows a document: what is printed is this page.
func (d *Documents) own(q *web.Req) error {
	doc, err := d.Open(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	back, application := q.Path("/cabinet/documents"), q.Path("/cabinet/applications/"+doc.Case)
	content, ok := doc.Content[q.Lang]
	if !ok {
		name := d.name(q.P, doc.Document)
		return q.Page(http.StatusOK, web.Page{Title: name, Body: pages.MakingPage(name, application), Back: back})
	}
	picture, err := codeOf(d.address(q.Lang, doc))
	if err != nil {
		return err
	}
	state := d.shown(doc.Document)
	page := pages.Document{
		Content: content, State: tag(q.P, state), Facts: d.facts(q.P, doc.Document), Code: pages.Code{Path: picture.path(), Side: picture.Size + 8},
		Address: d.address(q.Lang, doc), Case: application, Access: q.Path("/cabinet/access?case=" + url.QueryEscape(doc.Case)),
	}
	if state != Valid && state != ExpiresSoon {
		page.Notice = &pages.Notice{
			Kind: page.State.Kind, Title: page.State.Text, Quote: doc.Because,
			Text: q.P.T("documents.notice."+string(state), "date", q.P.Date(doc.Ended), "until", until(q.P, doc.Document)),
		}
	}
	if _, err := d.draw(q, doc, content, picture); err == nil {
		page.PDF = q.Path("/cabinet/documents/" + doc.ID + "/pdf")
	}
	return q.Page(http.StatusOK, web.Page{Title: content.Title, Service: content.Name, Body: pages.DocumentPage(page), Back: back})
}

// file gives the document out as a PDF.
func (d *Documents) file(q *web.Req) error {
	if err := q.NeedSeasoned(); err != nil {
		return err
	}
	doc, err := d.Open(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	content, ok := doc.Content[q.Lang]
	if !ok {
		return errNoPDF
	}
	picture, err := codeOf(d.address(q.Lang, doc))
	if err != nil {
		return err
	}
	b, err := d.draw(q, doc, content, picture)
	if err != nil {
		return errNoPDF.Because(err)
	}
	return q.Attachment(doc.Number+"-"+q.Lang+".pdf", "application/pdf", b)
}

// draw draws a document as a PDF. One that has ended says so.
func (d *Documents) draw(q *web.Req, doc *Paper, content paper.Content, picture code) ([]byte, error) {
	p := pdf.Page{
		Lang: q.Lang, RTL: q.P.Dir() == "rtl", Office: content.Office, Title: content.Title, Number: doc.Number, Made: doc.Made,
		Verify: pdf.Verify{Text: q.P.T("documents.verify.how.text"), Address: d.address(q.Lang, doc), Code: picture.Black, Size: picture.Size},
	}
	for _, r := range d.facts(q.P, doc.Document) {
		p.Facts = append(p.Facts, pdf.Fact{Label: r.Key, Value: r.Value})
	}
	if state := doc.At(d.Clock.Now()); state != Valid {
		p.Facts = append(p.Facts, pdf.Fact{Label: q.P.T("documents.list.state"), Value: tag(q.P, state).Text})
	}
	for _, part := range content.Parts {
		one := pdf.Part{Heading: part.Heading, Lines: part.Lines}
		for _, f := range part.Facts {
			one.Facts = append(one.Facts, pdf.Fact{Label: f.Label, Value: f.Value})
		}
		p.Parts = append(p.Parts, one)
	}
	return pdf.Draw(p)
}

// verdict says to anybody how a document stands.
func (d *Documents) verdict(q *web.Req) error {
	v, err := d.Verify(q.R.Context(), q.R.PathValue("number"), q.R.PathValue("token"), q.Network())
	if err != nil {
		return err
	}
	page, status := pages.Verdict{State: tag(q.P, v.State), Warn: q.P.T("documents.verify.unknown.text")}, http.StatusNotFound
	if row := v.Row; row != nil {
		status = http.StatusOK
		page.Facts, page.Warn = d.facts(q.P, row), q.P.T("documents.verify.compare")
		kind := ui.Row{Key: q.P.T("documents.list.document"), Value: d.name(q.P, row)}
		page.Facts = append([]ui.Row{kind}, page.Facts...)
		if row.Ending != Going {
			page.Facts = append(page.Facts, ui.Row{Key: tag(q.P, v.State).Text, Value: q.P.Date(row.Ended)})
		}
	}
	page.Says = q.P.T("documents.verify." + string(v.State))
	return q.Page(status, web.Page{Title: q.P.T("documents.verify.title"), Body: pages.VerifyPage(page), Private: true})
}
