package notify

import (
	"net/http"
	"strconv"

	"portico/internal/notify/kinds"
	"portico/internal/notify/pages"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

const pathOffers = "/staff/offers"

func (s *Service) mountOffers(r *web.Router) {
	const none = "none: shows what the operator publishes, and counts"
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: pathOffers, Handler: s.listOffers},
		{Method: http.MethodGet, Path: pathOffers + "/{id}", Handler: s.showOffer},
		{Method: http.MethodPost, Path: pathOffers + "/{id}", Handler: s.takeOffer, StepUp: web.StepUpAge},
	} {
		handler := rt.Handler
		rt.Audience, rt.Activity, rt.Unprefixed, rt.Handler = web.Staff, none, true, func(q *web.Req) error {
			if !s.mayOffer(q.Session.Roles) {
				return errDenied
			}
			return handler(q)
		}
		r.Handle(rt)
	}
}

// standing says in a word how far an offer is.
func (s *Service) standing(q *web.Req, o offer) *ui.Label {
	switch {
	case o.done:
		return &ui.Label{Text: q.P.T("notify.offer.sent"), Kind: ui.Good}
	case !o.sent.IsZero():
		return &ui.Label{Text: q.P.T("notify.offer.sending"), Kind: ui.Info}
	case o.Day.After(s.Clock.Now()):
		return &ui.Label{Text: q.P.T("notify.offer.early"), Kind: ui.Neutral}
	}
	return &ui.Label{Text: q.P.T("notify.offer.waiting"), Kind: ui.Warn}
}

// headline is what an offer is about.
func (s *Service) headline(q *web.Req, o offer) (string, error) {
	w, err := s.say(q.R.Context(), &notice{Notice: Notice{Kind: kinds.Offer, About: aboutNews + ":" + o.ID}}, q.P)
	return w.Says[kinds.WordHeadline], err
}

func (s *Service) listOffers(q *web.Req) error {
	list, err := s.offers(q.R.Context())
	if err != nil {
		return err
	}
	var items []ui.Item
	for _, o := range list {
		title, err := s.headline(q, o)
		if err != nil {
			return err
		}
		items = append(items, ui.Item{Title: title, Href: pathOffers + "/" + o.ID, Meta: q.P.Date(o.Day), Tag: s.standing(q, o)})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("notify.offer.title"), Body: pages.OffersPage(items)})
}

func (s *Service) showOffer(q *web.Req) error {
	ctx := q.R.Context()
	o, err := s.offer(ctx, q.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := pages.Offer{Action: pathOffers + "/" + o.ID, Facts: []ui.Row{
		{Key: q.P.T("notify.offer.state"), Value: q.P.Date(o.Day), Tag: s.standing(q, o)},
	}}
	if page.Title, err = s.headline(q, o); err != nil {
		return err
	}
	readers, err := s.readers(ctx)
	if err != nil {
		return err
	}
	page.Facts = append(page.Facts, ui.Row{Key: q.P.T("notify.offer.readers"), Value: strconv.FormatInt(readers, 10)})
	if !o.sent.IsZero() {
		page.Facts = append(page.Facts, ui.Row{Key: q.P.T("notify.offer.since"), Value: q.P.DateTime(o.sent)})
		counts, err := s.became(ctx, o)
		if err != nil {
			return err
		}
		for _, c := range counts {
			page.Facts = append(page.Facts, ui.Row{Key: q.P.T("notify.state." + string(c.State)), Value: strconv.FormatInt(c.n, 10)})
		}
	} else if !o.Day.After(s.Clock.Now()) && readers > 0 {
		page.Send = q.P.T("notify.offer.send", "n", readers)
	}
	if q.Value("done") == "sent" {
		page.Done = q.P.T("notify.offer.done")
	}
	letters, err := s.preview(ctx, o)
	if err != nil {
		return err
	}
	for _, l := range letters {
		page.Letters = append(page.Letters, pages.Letter{Language: i18n.Name(l.lang), Lang: l.lang, Subject: l.subject, Text: l.text})
	}
	return q.Page(http.StatusOK, web.Page{Title: page.Title, Body: pages.OfferPage(page), Back: pathOffers})
}

func (s *Service) takeOffer(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if q.Value("do") != "send" {
		return errUnsent
	}
	id := q.R.PathValue("id")
	if err := s.SendOffer(q.R.Context(), q.Session, id); err != nil {
		return err
	}
	return q.Redirect(pathOffers + "/" + id + "?done=sent")
}
