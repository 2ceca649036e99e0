package contact

import (
	"net/http"
	"strconv"

	"portico/internal/contact/pages"
	"portico/internal/identity"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// request is a request as whoever asked sees it, with what can be done.
func (s *Service) request(q *web.Req, r *Request, t *identity.Typed, action string) (page pages.Request, err error) {
	facts, err := s.facts(q.R.Context(), q.P, r)
	if err != nil {
		return page, err
	}
	done := q.R.URL.Query().Get("done")
	page = pages.Request{
		Problems: t.Problems("score", "text", "file"), Sent: done == "sent", Title: q.P.T("contact.request"), Ref: r.Reference,
		Facts: facts, Action: action, Once: once(q),
	}
	if page.Sent {
		page.Title = q.P.T("contact.sent")
	} else if known([]string{"added", "rated", "file"}, done) {
		page.Notice = q.P.T("contact.done." + done)
	}
	if r.State == Answered && r.Rated.IsZero() {
		page.Rate = &ui.Field{Name: "score", Label: q.P.T("contact.rate"), Hint: q.P.T("contact.rate.hint"), Error: t.Error("score")}
		for n := MaxScore; n > 0; n-- {
			page.Rate.Options = append(page.Rate.Options, ui.Option{Value: strconv.Itoa(n), Label: q.P.T("contact.rate." + strconv.Itoa(n))})
		}
	}
	if s.MayAdd(r) {
		key := "contact.add"
		if r.State == Answered {
			key = "contact.again"
		}
		page.AddTitle, page.AddText, page.AddGo = q.P.T(key), q.P.T(key+".text"), q.P.T(key+".go")
		add := s.textField(q, t, "contact.add.field", "contact.add.hint")
		page.Add = &add
		spot := r.spot(person(r.Subject))
		file := spot.Input(q.P, ui.Field{Label: q.P.T("contact.file"), Error: t.Error("file"), Why: s.Identity.Why(q.P, FieldFile, ActivityOwn)})
		page.File = &file
	}
	return page, nil
}

// act does what whoever asked chose to do with a request.
func (s *Service) act(q *web.Req, r *Request, at string, again func(*web.Req, *identity.Typed) error) error {
	t := identity.ReadForm(q, "do", "text", "once", "score")
	do := read(q, t, "add", "rate")
	if t.Bad() {
		return edge(q, t, again)
	}
	var err error
	done := "added"
	if do == "add" {
		err = s.Add(q.R.Context(), r, q.Value("text"), q.Value("once"))
	} else {
		score, _ := strconv.Atoi(q.Value("score"))
		err, done = s.Rate(q.R.Context(), r.ID, score), "rated"
	}
	if identity.Shown(err) {
		t.Add(err)
		return edge(q, t, again)
	}
	if err != nil {
		return err
	}
	return q.Redirect(at + "?done=" + done)
}

// file receives a file for a request.
func (s *Service) file(q *web.Req, r *Request, at string, again func(*web.Req, *identity.Typed) error) error {
	if !s.MayAdd(r) {
		return errOver
	}
	problem, _, err := s.Files.Take(q, r.spot(person(r.Subject)))
	if err != nil {
		return err
	}
	if problem != "" {
		t := identity.Whole(q, "")
		t.No("file", problem)
		return again(q, t)
	}
	return q.Redirect(at + "?done=file")
}

func (s *Service) followed(q *web.Req) (*Request, error) {
	return s.Followed(q.R.Context(), q.R.PathValue("reference"), q.R.PathValue("token"))
}

func (s *Service) showFollowed(q *web.Req) error { return s.follow(q, nil) }

// follow shows where a request stands to whoever has its token: nothing of
// what it is about.
func (s *Service) follow(q *web.Req, t *identity.Typed) error {
	r, err := s.followed(q)
	if err != nil {
		return err
	}
	page, err := s.request(q, r, t, q.Path(FollowPath(s.Key, r)))
	if err != nil {
		return err
	}
	page.Lead = q.P.T("contact.follow.lead")
	if page.Sent {
		page.Lead = q.P.T("contact.follow.sent")
	}
	states, err := s.Files.Uploads.States(q.R.Context(), r.Subject, r.Scope())
	if err != nil {
		return err
	}
	page.Facts = append(page.Facts, ui.Row{Key: q.P.T("contact.files"), Value: q.P.Number(int64(len(states)))})
	return q.Page(status(t), web.Page{Title: page.Title, Body: pages.RequestPage(page), Invalid: t.Bad(), Back: q.Path("/help"), Private: true})
}

func (s *Service) takeFollowed(q *web.Req) error {
	r, err := s.followed(q)
	if err != nil {
		return err
	}
	return s.act(q, r, q.Path(FollowPath(s.Key, r)), s.follow)
}

func (s *Service) takeFollowedFile(q *web.Req) error {
	r, err := s.followed(q)
	if err != nil {
		return err
	}
	return s.file(q, r, q.Path(FollowPath(s.Key, r)), s.follow)
}

func (s *Service) showMine(q *web.Req) error {
	list, err := s.Of(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	var page pages.Requests
	for _, r := range list {
		tag := s.tag(q.P, r)
		item := ui.Item{Title: q.P.T("contact.kind."+string(r.Kind)) + " " + q.P.Isolate(r.Reference), Href: q.Path("/cabinet/requests/" + r.ID), Tag: &tag}
		if item.Meta = q.P.T("contact.item.sent", "time", q.P.DateTime(r.Created)); r.Open() {
			item.Meta = q.P.T("contact.item.promised", "date", s.until(q.P, r))
		}
		page.Items = append(page.Items, item)
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("contact.requests.title"), Body: pages.RequestsPage(page), Back: q.Path("/cabinet/")})
}

func (s *Service) showOwn(q *web.Req) error { return s.ownRequest(q, nil) }

// ownRequest shows a person a request of theirs.
func (s *Service) ownRequest(q *web.Req, t *identity.Typed) error {
	r, c, err := s.Mine(q.R.Context(), q.Session.Subject, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page, err := s.request(q, r, t, q.Path("/cabinet/requests/"+r.ID))
	if err != nil {
		return err
	}
	page.Lines = lines(q.P, c, "contact.line.you")
	if len(c.Files) > 0 {
		if page.Files, err = s.Files.Mine(q, person(r.Subject), r.Scope(), c.Files); err != nil {
			return err
		}
	}
	return q.Page(status(t), web.Page{Title: page.Title, Body: pages.RequestPage(page), Invalid: t.Bad(), Back: q.Path("/cabinet/requests")})
}

// ofPerson is a request of whoever is signed in.
func (s *Service) ofPerson(q *web.Req) (*Request, error) {
	r, err := s.byID(q.R.Context(), q.R.PathValue("id"))
	if err == nil && (r.Subject != q.Session.Subject || !r.Cabinet) {
		err = errUnknown
	}
	return r, err
}

func (s *Service) takeOwn(q *web.Req) error {
	r, err := s.ofPerson(q)
	if err != nil {
		return err
	}
	return s.act(q, r, q.Path("/cabinet/requests/"+r.ID), s.ownRequest)
}

func (s *Service) takeOwnFile(q *web.Req) error {
	r, err := s.ofPerson(q)
	if err != nil {
		return err
	}
	return s.file(q, r, q.Path("/cabinet/requests/"+r.ID), s.ownRequest)
}
