package news

import (
	"net/http"

	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

var errUnknown = fault.New(fault.NotFound, "news.unknown")

// Mount declares the pages and the feed.
func (n *News) Mount(r *web.Router) {
	for path, handler := range map[string]web.Handler{"/news": n.list, "/news/{id}": n.item, "/news.atom": n.atom} {
		r.Handle(web.Route{Method: http.MethodGet, Path: path, Audience: web.Public, Activity: "public", Handler: handler})
	}
}

func (n *News) list(q *web.Req) error {
	var items []ui.Item
	for _, i := range n.Published() {
		items = append(items, ui.Item{Title: q.P.In(i.Title), Href: q.Path("/news/" + i.ID), Meta: q.P.Date(i.Date)})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("news.title"), Body: listPage(items)})
}

func (n *News) item(q *web.Req) error {
	i, ok := n.Find(q.R.PathValue("id"))
	if !ok {
		return errUnknown
	}
	title := q.P.In(i.Title)
	return q.Page(http.StatusOK, web.Page{Title: title, Body: itemPage(itemView{
		Title: title, Date: q.P.Date(i.Date), Paragraphs: paragraphs(q.P.In(i.Text)),
	}), Back: q.Path("/news")})
}

func (n *News) atom(q *web.Req) error {
	b, err := n.feed(q.P)
	if err != nil {
		return err
	}
	return q.Bytes(http.StatusOK, "application/atom+xml; charset=utf-8", b)
}
