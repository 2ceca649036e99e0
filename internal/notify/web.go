package notify

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico/internal/notify/kinds"
	"portico/internal/notify/pages"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

const (
	pathNotices  = "/cabinet/notices"
	pathChoices  = "/cabinet/settings/notices"
	pathConsents = "/cabinet/consents"
	pageSize     = 20
	toldAtOnce   = 3 // notices above one page
)

// Mount declares the pages.
func (s *Service) Mount(r *web.Router) {
	const none = "none: shows ids, kinds and states of what the person was told"
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: pathNotices, Handler: s.list},
		{Method: http.MethodPost, Path: pathNotices, Handler: s.readAll},
		{Method: http.MethodGet, Path: pathNotices + "/{id}", Handler: s.show},
		{Method: http.MethodGet, Path: pathChoices, Handler: s.choices},
		{Method: http.MethodPost, Path: pathChoices, Handler: s.takeChoices},
	} {
		rt.Audience, rt.Activity = web.Person, none
		r.Handle(rt)
	}
	s.mountOffers(r)
	s.mountEnd(r)
}

// worded is a notice in the words of the page's language.
type worded struct {
	title, text, href string
}

// word puts a notice into words. What is not declared any more, or is about
// something that is gone, has no more to say than that.
func (s *Service) word(q *web.Req, n *notice) (worded, error) {
	k := s.Kinds()[n.Kind]
	words, err := s.say(q.R.Context(), n, q.P)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return worded{}, err
	}
	if err != nil || words.Gone || k == nil {
		return worded{title: q.P.T("notify.gone"), text: q.P.T("notify.gone.text")}, nil
	}
	return worded{kinds.Fill(q.P, k.Title, words.Says), kinds.Fill(q.P, k.Text, words.Says), q.Path(words.Path)}, nil
}

func (s *Service) list(q *web.Req) error {
	me, before := q.Session.Subject, q.Value("before")
	if before != "" && !id.Valid(before) {
		return errUnknown
	}
	var rows []notice
	var unread int
	err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		if rows, err = selectPage(tx, me, before, pageSize+1); err != nil {
			return err
		}
		unread, err = countUnread(tx, me)
		return err
	})
	if err != nil {
		return err
	}
	page := pages.List{Action: q.Path(pathNotices), Choices: q.Path(pathChoices), Unread: unread > 0}
	if q.Value("done") == "read" {
		page.Done = q.P.T("notify.read.done")
	}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		page.Pages.Next = q.Path(pathNotices) + "?" + url.Values{"before": {rows[pageSize-1].ID}}.Encode()
	}
	if before != "" {
		page.Pages.Prev = q.Path(pathNotices)
	}
	for i := range rows {
		w, err := s.word(q, &rows[i])
		if err != nil {
			return err
		}
		item := ui.Item{Title: w.title, Href: q.Path(pathNotices + "/" + rows[i].ID), Meta: q.P.DateTime(rows[i].At)}
		if rows[i].Read.IsZero() {
			item.Tag = &ui.Label{Text: q.P.T("notify.new"), Kind: ui.Info}
		}
		page.Notices = append(page.Notices, item)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("notify.title"), Body: pages.ListPage(page), Back: q.Path("/cabinet/")})
}

func (s *Service) readAll(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if q.Value("do") != "read" {
		return errNothing
	}
	if err := s.DB.Update(q.R.Context(), func(tx *db.Tx) error { return markRead(tx, q.Session.Subject, "", s.Clock.Now()) }); err != nil {
		return err
	}
	return q.Redirect(q.Path(pathNotices) + "?done=read")
}

// show shows a notice, and notes that it was read.
func (s *Service) show(q *web.Req) error {
	me, which := q.Session.Subject, q.R.PathValue("id")
	var n notice
	var sent []Delivery
	err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		if n, err = selectNotice(tx, me, which); err != nil || n.ID == "" {
			return errors.Join(err, errUnknown)
		}
		sent, err = selectDeliveries(tx, me, "", which)
		return err
	})
	if n.ID == "" && fault.KindOf(err) == fault.NotFound {
		return errUnknown
	}
	if err != nil {
		return err
	}
	w, err := s.word(q, &n)
	if err != nil {
		return err
	}
	if n.Read.IsZero() {
		if err := s.DB.Update(q.R.Context(), func(tx *db.Tx) error { return markRead(tx, me, n.ID, s.Clock.Now()) }); err != nil {
			return err
		}
	}
	page := pages.Notice{Title: w.title, Text: w.text, Time: q.P.DateTime(n.At), Href: w.href, Sent: []ui.Row{
		{Key: q.P.T("notify.channel.cabinet"), Value: q.P.DateTime(n.At), Tag: &ui.Label{Text: q.P.T("notify.state.sent"), Kind: ui.Good}},
	}}
	for _, d := range sent {
		page.Sent = append(page.Sent, row(q, d, q.P.T("notify.channel."+string(d.Channel))))
	}
	return q.Page(http.StatusOK, web.Page{Title: w.title, Body: pages.NoticePage(page), Back: q.Path(pathNotices)})
}

// row says how a notice went by a channel.
func row(q *web.Req, d Delivery, key string) ui.Row {
	kind := ui.Neutral
	switch d.State {
	case Sent:
		kind = ui.Good
	case Waiting:
		kind = ui.Info
	case Nowhere, Rejected, Failed, Bounced:
		kind = ui.Warn
	}
	return ui.Row{Key: key, Value: q.P.DateTime(d.At), Tag: &ui.Label{Text: q.P.T("notify.state." + string(d.State)), Kind: kind}}
}

// Waiting is what the cabinet's first page says of notices that were not read,
// nothing if there are none.
func (s *Service) Waiting(q *web.Req) (items []ui.Item, err error) {
	var n int
	err = s.DB.View(q.R.Context(), func(tx *db.Tx) error {
		n, err = countUnread(tx, q.Session.Subject)
		return err
	})
	if err != nil || n == 0 {
		return nil, err
	}
	return []ui.Item{{Title: q.P.T("notify.waiting", "n", n), Href: q.Path(pathNotices), Tag: &ui.Label{Text: q.P.T("notify.new"), Kind: ui.Info}}}, nil
}

// About something, Deliveries says to officials how those whom it is about were
// told, without any address.
func (s *Service) Deliveries(q *web.Req, subject, about string) (rows []ui.Row, err error) {
	var list []Delivery
	err = s.DB.View(q.R.Context(), func(tx *db.Tx) error {
		list, err = selectDeliveries(tx, subject, about, "")
		return err
	})
	for _, d := range list {
		name := q.P.T("notify.gone")
		if k := s.Kinds()[d.Kind]; k != nil {
			name = q.P.In(k.Name)
		}
		rows = append(rows, row(q, d, q.P.T("notify.by", "notice", name, "channel", q.P.T("notify.channel."+string(d.Channel)))))
	}
	return rows, err
}

// Told is what whoever is signed in is told once, above the page that they open
// next (web.Config.Told). On the way it learns which language they read.
func (s *Service) Told(q *web.Req) templ.Component {
	if q.Session.Realm != web.RealmPerson || q.R.URL.Path == q.Path(pathNotices) {
		return nil
	}
	list, err := s.told(q)
	if err != nil {
		q.Log.Error("a notice cannot be shown", "error", web.Reduce(err))
	}
	if len(list) == 0 {
		return nil
	}
	return pages.ToldAbove(list)
}

func (s *Service) told(q *web.Req) (list []pages.Told, err error) {
	me := q.Session.Subject
	var rows []notice
	var lang string
	var chosen bool
	err = s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		if lang, chosen, err = selectLanguage(tx, me); err != nil {
			return err
		}
		rows, err = selectUnshown(tx, me, toldAtOnce)
		return err
	})
	if err != nil || len(rows) == 0 && (chosen || lang == q.Lang) {
		return nil, err
	}
	var mine []notice
	err = s.DB.Update(q.R.Context(), func(tx *db.Tx) error {
		mine = nil
		if !chosen && lang != q.Lang {
			if err := putLanguage(tx, me, q.Lang, false, s.Clock.Now()); err != nil {
				return err
			}
		}
		for i := range rows {
			shown, err := markShown(tx, &rows[i], s.Clock.Now())
			if err != nil {
				return err
			}
			if shown {
				mine = append(mine, rows[i])
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range mine {
		words, err := s.say(q.R.Context(), &mine[i], q.P)
		k := s.Kinds()[mine[i].Kind]
		if err != nil || k == nil || words.Gone || mine[i].While && words.State != mine[i].State {
			continue // it is in the list of notices
		}
		list = append(list, pages.Told{
			Title: kinds.Fill(q.P, k.Title, words.Says), Text: kinds.Fill(q.P, k.Text, words.Says), Href: q.Path(pathNotices + "/" + mine[i].ID),
		})
	}
	return list, nil
}
