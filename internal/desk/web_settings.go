package desk

import (
	"net/http"

	"portico/internal/desk/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

func (k *Desk) showKeys(q *web.Req) error {
	on, err := k.keysOn(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	g := ui.Grid{Head: []ui.Cell{{Text: q.P.T("desk.keys.key")}, {Text: q.P.T("desk.keys.does")}}}
	for _, key := range []string{"j", "k", "x", "a", "l", "n", "h", "v", "r", "esc", "1", "p"} {
		g.Rows = append(g.Rows, []ui.Cell{{Text: key, LTR: true}, {Text: q.P.T("desk.keys.key." + key)}})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("desk.keys.title"), Body: pages.KeysPage(g, on), Back: "/staff/cases"})
}

func (k *Desk) takeKeys(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once("keys"); err != nil {
		return err
	}
	on := q.Value("keys")
	if on != "on" && on != "off" {
		return fault.New(fault.Invalid, "desk.keys.which")
	}
	if err := k.setKeys(q.R.Context(), q.Session.Subject, on == "on"); err != nil {
		return err
	}
	return q.Redirect("/staff/keys")
}

// remarkFields are the inputs of the page of reusable remarks.
type remarkFields struct {
	service, text, whose string
	wrong                map[string]string
}

func (k *Desk) showRemarks(q *web.Req) error {
	return k.askRemarks(q, http.StatusOK, remarkFields{service: q.Value("service")})
}

// askRemarks lists the remarks of each service and asks for another.
func (k *Desk) askRemarks(q *web.Req, status int, in remarkFields) error {
	who := actor(q)
	page := pages.Remarks{
		Service: ui.Field{Name: "service", Label: q.P.T("desk.queue.service"), Value: in.service, Error: in.wrong["service"]},
		Text:    ui.Field{Name: "text", Label: q.P.T("desk.remarks.text"), Hint: q.P.T("desk.remarks.hint"), Value: in.text, Error: in.wrong["text"], Max: MaxRemark},
		Whose:   ui.Field{Name: "whose", Label: q.P.T("desk.remarks.whose"), Value: in.whose, Error: in.wrong["whose"]},
	}
	for _, name := range []string{"service", "text", "whose"} {
		if text := in.wrong[name]; text != "" {
			page.Problems = append(page.Problems, ui.Problem{ID: name, Text: text})
		}
	}
	if page.Whose.Value == "" {
		page.Whose.Value = "mine"
	}
	for _, d := range k.Cases.Works(who) {
		page.Service.Options = append(page.Service.Options, ui.Option{Value: d.ID, Label: q.P.In(d.Name)})
		leads := k.supervises(who, d.ID)
		page.Leads = page.Leads || leads
		list, err := k.Remarks(q.R.Context(), who, d.ID)
		if err != nil {
			return err
		}
		of := pages.RemarksOf{Service: d.ID, Name: q.P.In(d.Name)}
		for _, r := range list {
			of.List = append(of.List, pages.Own{Reusable: pages.Reusable{ID: r.ID, Text: r.Text}, Everybody: r.Owner == "", Mine: r.Owner == who.ID || leads})
		}
		page.Services = append(page.Services, of)
	}
	if len(page.Service.Options) == 1 && page.Service.Value == "" {
		page.Service.Value = page.Service.Options[0].Value
	}
	page.Whose.Options = []ui.Option{{Value: "mine", Label: q.P.T("desk.remarks.mine")}, {Value: "all", Label: q.P.T("desk.remarks.all")}}
	return q.Page(status, web.Page{Title: q.P.T("desk.remarks.title"), Body: pages.RemarksPage(page), Invalid: len(page.Problems) > 0, Back: "/staff/cases"})
}

func (k *Desk) takeRemarks(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once("service", "text", "whose", "remove")
	}
	in := remarkFields{service: q.Value("service"), text: q.Value("text"), whose: q.Value("whose"), wrong: map[string]string{}}
	if err == nil {
		if remove := q.Value("remove"); remove != "" {
			if err := k.RemoveRemark(q.R.Context(), actor(q), in.service, remove); err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
			return q.Redirect("/staff/remarks")
		}
		r := Remark{Service: in.service, Text: in.text, Owner: q.Session.Subject}
		if in.whose == "all" {
			r.Owner = ""
		}
		err = k.AddRemark(q.R.Context(), actor(q), r)
	}
	if err == nil {
		return q.Redirect("/staff/remarks")
	}
	f := fault.From(err)
	if f.Kind != fault.Invalid || len(f.Fields) == 0 {
		return err
	}
	for _, field := range f.Fields {
		in.wrong[field.Name] = q.P.T(field.Code, field.Args...)
	}
	return k.askRemarks(q, http.StatusUnprocessableEntity, in)
}
