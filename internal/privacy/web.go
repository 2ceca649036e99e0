package privacy

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy/jsonld"
	"portico/internal/policy/text"
)

// errVersion is the answer to a version that there never was.
var errVersion = fault.New(fault.NotFound, "privacy.no-version")

// Mount declares the routes.
func (s *Pages) Mount(r *web.Router) {
	for _, route := range []struct {
		path       string
		unprefixed bool
		handler    web.Handler
	}{
		{"/privacy", false, s.policy},
		{"/privacy/versions", false, s.versions},
		{"/privacy/versions/{id}", false, s.version},
		{"/privacy/processing", false, s.processing},
		{"/privacy/processing.csv", false, s.processingCSV},
		{"/terms", false, s.terms},
		{"/privacy.jsonld", true, s.jsonLD},
		{"/.well-known/gpc.json", true, s.gpc},
		{"/.well-known/security.txt", true, s.security},
	} {
		r.Handle(web.Route{Method: http.MethodGet, Path: route.path, Unprefixed: route.unprefixed, Audience: web.Public, Activity: "public", Handler: route.handler})
	}
}

func (s *Pages) policy(q *web.Req) error { return s.text(q, s.source.Current(), inForce) }

// When a version is in force.
type stage int

const (
	inForce stage = iota
	former
	coming
)

// text shows the policy of a version.
func (s *Pages) text(q *web.Req, v *Version, when stage) error {
	title, doc := q.P.T("privacy.title"), v.Text[q.Lang]
	view := textView{
		Title: title, Updated: q.P.Date(v.From), Machine: v.From.In(q.P.Zone()).Format("2006-01-02"), Summary: summary(q.P, v),
		Contents: contents(doc), Body: body(v, doc, q.P), Old: when == former, Early: when == coming, Newest: "/privacy", More: true,
	}
	if when == inForce {
		var err error
		if view.Coming, err = s.coming(q); err != nil {
			return err
		}
	}
	return q.Page(http.StatusOK, web.Page{Title: title, Private: when != inForce, Body: textPage(view)})
}

// coming says which version was announced, and how it differs; nil if none was.
func (s *Pages) coming(q *web.Req) (*comingView, error) {
	v, err := s.source.Coming(q.R.Context())
	if err != nil || v == nil {
		return nil, err
	}
	return &comingView{
		On: q.P.Date(v.From), Summary: summary(q.P, v), Changes: Difference(q.P, s.source.Current(), v), Href: "/privacy/versions/" + v.ID,
	}, nil
}

// Preview shows policy and terms of a version that nobody published.
func Preview(p *i18n.Printer, v *Version) templ.Component {
	return previewPage(p.T("privacy.title"), body(v, v.Text[p.Lang], p), p.T("privacy.terms"), body(v, v.Terms[p.Lang], p))
}

// summary says why the version came (O15).
func summary(p *i18n.Printer, v *Version) string {
	r := v.Revision
	return p.T("privacy.summary", "summary", r.Summary.In(p.Lang), "reason", p.T("privacy.reason."+string(r.Reason)))
}

func contents(doc *text.Document) []text.Chapter {
	if doc == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(doc.Chapters), func(c text.Chapter) bool { return c.ID == "" })
}

func (s *Pages) terms(q *web.Req) error {
	v, title := s.source.Current(), q.P.T("privacy.terms")
	doc := v.Terms[q.Lang]
	soon, err := s.coming(q)
	if err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{Title: title, Body: textPage(textView{
		Title: title, Updated: q.P.Date(v.From), Machine: v.From.In(q.P.Zone()).Format("2006-01-02"),
		Contents: contents(doc), Body: body(v, doc, q.P), Coming: soon,
	})})
}

func (s *Pages) version(q *web.Req) error {
	all, err := s.source.Versions(q.R.Context())
	if err != nil {
		return fmt.Errorf("list the versions of the policy: %w", err)
	}
	is := func(v *Version) bool { return v.ID == q.R.PathValue("id") }
	if v, ok := find(all, is); ok && v.ID != all[0].ID {
		return s.text(q, v, former)
	} else if ok {
		return s.text(q, v, inForce)
	}
	v, err := s.source.Coming(q.R.Context())
	if err != nil {
		return fmt.Errorf("look for the version that was announced: %w", err)
	}
	if v == nil || !is(v) {
		return errVersion
	}
	return s.text(q, v, coming)
}

func (s *Pages) versions(q *web.Req) error {
	all, err := s.source.Versions(q.R.Context())
	if err != nil {
		return fmt.Errorf("list the versions of the policy: %w", err)
	}
	view := versionsView{From: q.Value("from"), To: q.Value("to")}
	soon, err := s.source.Coming(q.R.Context())
	if err != nil {
		return fmt.Errorf("look for the version that was announced: %w", err)
	}
	listed := all
	if soon != nil {
		listed = append([]*Version{soon}, all...)
	}
	for _, v := range listed {
		item := ui.Item{
			Title: q.P.T("privacy.version", "date", q.P.DateTime(v.From)), Href: q.Path("/privacy/versions/" + v.ID), Text: summary(q.P, v),
		}
		switch v {
		case soon:
			item.Tag = &ui.Label{Text: q.P.T("privacy.announced"), Kind: ui.Info}
		case all[0]:
			item.Href = q.Path("/privacy")
			item.Tag = &ui.Label{Text: q.P.T("privacy.in-force"), Kind: ui.Good}
		}
		view.Items = append(view.Items, item)
		view.Options = append(view.Options, ui.Option{Value: v.ID, Label: q.P.DateTime(v.From)})
	}
	if view.From != "" || view.To != "" {
		from, ok1 := find(listed, func(v *Version) bool { return v.ID == view.From })
		to, ok2 := find(listed, func(v *Version) bool { return v.ID == view.To })
		if !ok1 || !ok2 {
			return errVersion
		}
		view.Compared, view.Changes = true, Difference(q.P, from, to)
	} else if len(listed) > 1 {
		view.From, view.To = listed[1].ID, listed[0].ID
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("privacy.versions"), Body: versionsPage(view)})
}

func (s *Pages) processing(q *web.Req) error {
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("privacy.record"), Body: processingPage(s.source.Current(), q.P)})
}

func (s *Pages) processingCSV(q *web.Req) error {
	b := bytes.NewBufferString("\ufeff") // without it a spreadsheet misreads Thaana
	if err := writeCSV(b, q.P, s.source.Current()); err != nil {
		return fmt.Errorf("write the record of processing: %w", err)
	}
	return q.Attachment("processing-"+q.Lang+".csv", "text/csv; charset=utf-8", b.Bytes())
}

// CookieTables lists the cookies of the policy in force, a table for each
// class, for the page on which they are chosen.
func (s *Pages) CookieTables(q *web.Req) []ui.Grid { return cookieGrids(s.source.Current(), q.P) }

func (s *Pages) jsonLD(q *web.Req) error {
	v := s.source.Current()
	b, err := jsonld.Document(v.Policy, v.Portal.URL+"/privacy.jsonld")
	if err != nil {
		return err
	}
	return q.Bytes(http.StatusOK, "application/ld+json", b)
}

// gpc says that Global Privacy Control is honoured: only declared cookies of
// granted classes are ever set, and no class is granted by silence (I14).
func (s *Pages) gpc(q *web.Req) error {
	return q.JSON(http.StatusOK, struct {
		GPC        bool   `json:"gpc"`
		LastUpdate string `json:"lastUpdate"`
	}{true, s.source.Current().From.UTC().Format("2006-01-02")})
}

func (s *Pages) security(q *web.Req) error {
	v := s.source.Current()
	langs := make([]string, 0, len(v.Text))
	for lang := range v.Text {
		langs = append(langs, lang)
	}
	slices.Sort(langs)
	if i := slices.Index(langs, "en"); i > 0 {
		langs = append([]string{"en"}, slices.Delete(langs, i, i+1)...)
	}
	return q.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(securityTXT(v, langs, s.clock.Now())))
}
