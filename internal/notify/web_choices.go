package notify

import (
	"net/http"
	"net/url"
	"slices"

	"portico/internal/notify/kinds"
	"portico/internal/notify/pages"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

// offered are the kinds about which a person chooses here, in the order of the
// program's list: what needs a consent is chosen by it.
func (s *Service) offered() (list []*kinds.Kind) {
	set := s.Kinds()
	for _, o := range kinds.Occasions() {
		if k := set[o.ID]; k != nil && !k.Official() && k.Class != kinds.MarketingClass {
			list = append(list, k)
		}
	}
	return list
}

// options are the ways that one chooses for a kind: a newsletter is asked for
// by the first, which has it in the cabinet.
func options(k *kinds.Kind) (list []kinds.Channel) {
	if k.Class == kinds.NewsletterClass {
		list = append(list, subscription)
	}
	for _, c := range []kinds.Channel{kinds.Email, kinds.SMS} {
		if k.Sends(c) {
			list = append(list, c)
		}
	}
	return list
}

func input(k *kinds.Kind) string { return "by-" + k.ID }

func (s *Service) choices(q *web.Req) error { return s.askChoices(q, http.StatusOK, nil, nil) }

// askChoices shows what somebody has chosen, or what they have just typed.
func (s *Service) askChoices(q *web.Req, status int, typed url.Values, wrong error) error {
	var chosen []Choice
	var lang string
	page := pages.Choices{Action: q.Path(pathChoices), Contacts: q.Path("/cabinet/settings")}
	err := s.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		if page.Asked, err = s.consented(tx, q); err != nil {
			return err
		}
		if lang, _, err = selectLanguage(tx, q.Session.Subject); err != nil {
			return err
		}
		chosen, err = selectChoices(tx, q.Session.Subject)
		return err
	})
	if err != nil {
		return err
	}
	if lang == "" {
		lang = q.Lang
	}
	page.Language = ui.Field{Name: "language", Label: q.P.T("notify.choose.language"), Value: lang}
	for _, l := range s.Langs {
		page.Language.Options = append(page.Language.Options, ui.Option{Value: l, Label: i18n.Name(l)})
	}
	if q.Value("done") == "saved" && typed == nil {
		page.Done = q.P.T("notify.choose.done")
	}
	if quiet := s.Quiet(); quiet.From != quiet.Until {
		page.Quiet = q.P.T("notify.choose.quiet", "from", hour(quiet.From), "until", hour(quiet.Until))
	}
	for _, k := range s.offered() {
		if !k.Optional() {
			page.Always = append(page.Always, ui.Row{Key: q.P.In(k.Name), Value: q.P.In(k.Why)})
			continue
		}
		f := ui.Field{Name: input(k), Label: q.P.In(k.Name)}
		for _, c := range options(k) {
			f.Options = append(f.Options, ui.Option{Value: string(c), Label: q.P.T("notify.channel." + string(c))})
			on := wants(k, c, chosen)
			if k.Class == kinds.NewsletterClass {
				on = subscribed(k.ID, chosen) && (c == subscription || on)
			}
			if typed != nil {
				on = slices.Contains(typed[f.Name], string(c))
			}
			if on {
				f.Values = append(f.Values, string(c))
			}
		}
		if len(f.Options) == 0 {
			continue
		}
		if k.Class == kinds.NewsletterClass {
			page.News = append(page.News, f)
		} else {
			page.Kinds = append(page.Kinds, f)
		}
	}
	for _, w := range fault.From(wrong).Fields {
		page.Problems = append(page.Problems, ui.Problem{ID: w.Name, Text: q.P.T(w.Code, w.Args...)})
	}
	title := q.P.T("notify.choose.title")
	return q.Page(status, web.Page{Title: title, Body: pages.ChoicesPage(page), Back: q.Path("/cabinet/settings"), Invalid: wrong != nil})
}

// consented are the kinds that need a consent, whether it is given, and where
// that is said.
func (s *Service) consented(tx *db.Tx, q *web.Req) (rows []ui.Row, err error) {
	set := s.Kinds()
	for _, o := range kinds.Occasions() {
		k := set[o.ID]
		if k == nil || k.Class != kinds.MarketingClass {
			continue
		}
		given, err := wishes{s}.Granted(tx, q.Session.Subject, k.Purpose)
		if err != nil {
			return nil, err
		}
		tag := &ui.Label{Text: q.P.T("notify.choose.refused"), Kind: ui.Neutral}
		if given {
			tag = &ui.Label{Text: q.P.T("notify.choose.given"), Kind: ui.Good}
		}
		rows = append(rows, ui.Row{Key: q.P.In(k.Name), Tag: tag, Href: q.Path(pathConsents), Action: q.P.T("notify.choose.consents.go")})
	}
	return rows, nil
}

// hour writes a minute of the day.
func hour(minute int) string {
	return string([]byte{'0' + byte(minute/600), '0' + byte(minute/60%10), ':', '0' + byte(minute%60/10), '0' + byte(minute%10)})
}

func (s *Service) takeChoices(q *web.Req) error {
	form, err := q.Form()
	if err != nil {
		return err
	}
	if form.Get("do") != "save" {
		return errNothing
	}
	lang, list, err := s.readChoices(form)
	if err != nil {
		return s.askChoices(q, http.StatusUnprocessableEntity, form, err)
	}
	if err := s.Choose(q.R.Context(), q.Session.Subject, lang, list); err != nil {
		return err
	}
	return q.Redirect(q.Path(pathChoices) + "?done=saved")
}

// readChoices reads what a form chose: whatever it offers and does not name is
// not wanted.
func (s *Service) readChoices(form url.Values) (lang string, list []Choice, err error) {
	var wrong []fault.Field
	if lang = form.Get("language"); !slices.Contains(s.Langs, lang) && (lang != "" || len(s.Langs) > 1) {
		wrong = append(wrong, fault.Field{Name: "language", Code: "notify.choose.language.none"})
	}
	for _, k := range s.offered() {
		if !k.Optional() {
			continue
		}
		may := options(k)
		for _, typed := range form[input(k)] {
			if !slices.Contains(may, kinds.Channel(typed)) {
				wrong = append(wrong, fault.Field{Name: input(k), Code: "notify.choose.channel.none"})
				break
			}
		}
		for _, c := range may {
			wanted := slices.Contains(form[input(k)], string(c))
			if c == subscription {
				wanted = len(form[input(k)]) > 0
			}
			list = append(list, Choice{Kind: k.ID, Channel: c, Wanted: wanted})
		}
	}
	if len(wrong) > 0 {
		return "", nil, fault.Input(wrong...)
	}
	return lang, list, nil
}
