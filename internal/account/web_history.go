package account

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"portico/internal/account/pages"
	"portico/internal/audit"
	"portico/internal/identity/security"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

func (s *Service) showHistory(q *web.Req) error {
	before, err := strconv.ParseInt(q.Value("before"), 10, 64)
	if q.Value("before") == "" {
		before, err = 0, nil
	}
	filter := q.Value("show")
	if filter == "" {
		filter = Filters()[0]
	}
	if err != nil || before < 0 || !slices.Contains(Filters(), filter) {
		return fault.New(fault.NotFound, "account.history.page")
	}
	list, next, err := s.History(q.R.Context(), q.Session.Subject, filter, before)
	if err != nil {
		return err
	}
	here := q.Path("/cabinet/history")
	page := pages.History{Access: q.Path("/cabinet/access"), List: ui.Grid{
		Caption: q.P.T("account.history." + filter), Empty: q.P.T("account.history.none"),
		Head: []ui.Cell{{Text: q.P.T("identity.history.when")}, {Text: q.P.T("identity.history.what")}, {Text: q.P.T("identity.history.how")}},
	}}
	for _, f := range Filters() {
		item := ui.Item{Title: q.P.T("account.history." + f)}
		if f != filter {
			item.Href = here + "?show=" + f
		}
		page.Filters = append(page.Filters, item)
	}
	for _, m := range list {
		page.List.Rows = append(page.List.Rows, s.line(q, m))
	}
	at := url.Values{"show": {filter}}
	if before > 0 {
		page.Pages.Prev = here + "?" + at.Encode()
	}
	if next > 0 {
		page.List.Empty = q.P.T("account.history.further")
		at.Set("before", strconv.FormatInt(next, 10))
		page.Pages.Next = here + "?" + at.Encode()
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("account.history.title"), Body: pages.HistoryPage(page), Back: q.Path("/cabinet/")})
}

// line says a moment in words: when, what, and how or by whom.
func (s *Service) line(q *web.Req, m Moment) []ui.Cell {
	kinds := map[string]ui.Kind{audit.KindSignIn: ui.Good, audit.KindSignInFailed: ui.Bad, audit.KindSignOut: ui.Neutral}
	kind, ok := kinds[m.Kind]
	if !ok {
		kind = ui.Info
	}
	label, how := q.P.T("account.history.kind.service"), ""
	if m.Kind == kindService {
		if a, ok := s.Policy().Activity(m.Activity); ok {
			how = q.P.In(a.Name)
		}
	} else {
		label = q.P.T("identity.kind." + m.Kind)
		how = security.Cause(q.P, m.Reason)
	}
	if m.Ref != "" {
		how = q.P.T("account.history.ref", "what", how, "reference", q.P.Isolate(m.Ref))
	}
	if role, ok := s.Policy().Role(m.Role); ok {
		party, _ := s.Policy().Party(m.Party)
		how = q.P.T("account.history.by", "what", how, "role", q.P.In(role.Name), "party", q.P.In(party.Name))
	}
	return []ui.Cell{{Text: q.P.DateTime(m.At)}, {Tag: &ui.Label{Text: label, Kind: kind}}, {Text: how}}
}
