package payments

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/internal/payments/pages"
	"portico/internal/platform/clock"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
)

// official is whoever is signed in, as decisions see them.
func official(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Staff, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// listed is how many orders a page lists.
const listed = 20

// book lists orders by state and time, and finds one by our reference.
func (s *Service) book(q *web.Req) error {
	typed := strings.ToUpper(strings.TrimSpace(q.Value("reference")))
	page := pages.Book{Typed: typed}
	status := http.StatusOK
	if typed != "" {
		o, _, err := s.Entry(q.R.Context(), typed)
		switch {
		case err == nil:
			return q.Redirect("/staff/payments/" + url.PathEscape(o.Reference))
		case fault.KindOf(err) != fault.NotFound:
			return err
		}
		status, page.Wrong = http.StatusNotFound, q.P.T("payments.error.unknown")
	}
	state := State(q.Value("state"))
	before, after := placeBefore(q.Value("before"))
	orders, sums, err := s.Book(q.R.Context(), state, before, after, listed+1)
	if err != nil {
		return err
	}
	at := func(state State) string {
		if state == "" {
			return "/staff/payments"
		}
		return "/staff/payments?state=" + string(state)
	}
	page.Filters = []pages.Filter{{Text: q.P.T("payments.book.all"), Href: at(""), Here: state == ""}}
	for _, one := range States() {
		page.Filters = append(page.Filters, pages.Filter{Text: q.P.T("payments.state." + string(one)), Href: at(one), Here: one == state})
	}
	page.Sums = ui.Grid{Empty: q.P.T("payments.book.empty"), Head: []ui.Cell{
		{Text: q.P.T("payments.state")}, {Text: q.P.T("payments.book.number"), Numeric: true}, {Text: q.P.T("payments.amount"), Numeric: true},
	}}
	for _, one := range sums {
		tag := label(q, one.State)
		page.Sums.Rows = append(page.Sums.Rows, []ui.Cell{
			{Tag: &tag}, {Text: q.P.Number(one.N), Numeric: true}, {Text: q.P.Money(one.Amount, one.Currency), Numeric: true},
		})
	}
	page.Grid = ui.Grid{Empty: q.P.T("payments.book.empty"), Head: []ui.Cell{
		{Text: q.P.T("payments.reference")}, {Text: q.P.T("payments.service")}, {Text: q.P.T("payments.amount"), Numeric: true}, {Text: q.P.T("payments.state")}, {Text: q.P.T("payments.changed")},
	}}
	if len(orders) > listed {
		last := orders[listed-1]
		orders = orders[:listed]
		next := url.Values{"before": {strconv.FormatInt(clock.Micros(last.Changed), 36) + "." + last.ID}}
		if state != "" {
			next.Set("state", string(state))
		}
		page.Pages.Next = "/staff/payments?" + next.Encode()
	}
	if after != "" {
		page.Pages.Prev = at(state)
	}
	for _, o := range orders {
		tag := label(q, o.State)
		page.Grid.Rows = append(page.Grid.Rows, []ui.Cell{
			{Text: o.Reference, Href: "/staff/payments/" + o.Reference, LTR: true}, {Text: s.named(q, o)},
			{Text: q.P.Money(o.Amount, o.Currency), Numeric: true}, {Tag: &tag}, {Text: q.P.DateTime(o.Changed)},
		})
	}
	return q.Page(status, web.Page{Title: q.P.T("payments.book.title"), Body: pages.BookPage(page), Wide: true, Invalid: page.Wrong != ""})
}

// named is what the service of an order is called, or its id once it is no
// longer offered.
func (s *Service) named(q *web.Req, o *Order) string {
	if d := s.Cases.Catalogue.Service(o.Service); d != nil {
		return q.P.In(d.Name)
	}
	return o.Service
}

// placeBefore reads where a page of the list goes on; what was not made here is
// the beginning.
func placeBefore(s string) (time.Time, string) {
	at, after, _ := strings.Cut(s, ".")
	micros, err := strconv.ParseInt(at, 36, 64)
	if err != nil || micros < 0 || !id.Valid(after) {
		return endOfTime(), ""
	}
	return clock.FromMicros(micros), after
}

// endOfTime is later than any order.
func endOfTime() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

func (s *Service) entry(q *web.Req) error { return s.showEntry(q, http.StatusOK, nil) }

// showEntry shows an order and what the provider says of each attempt at it
// now, side by side.
func (s *Service) showEntry(q *web.Req, status int, notice *pages.Notice) error {
	o, list, err := s.Entry(q.R.Context(), q.R.PathValue("reference"))
	if err != nil {
		return err
	}
	page := pages.Entry{
		Reference: o.Reference, Notice: notice, State: label(q, o.State), Action: "/staff/payments/" + o.Reference,
		Facts: []ui.Row{
			{Key: q.P.T("payments.amount"), Value: q.P.Money(o.Amount, o.Currency)},
			{Key: q.P.T("payments.service"), Value: s.named(q, o)},
			{Key: q.P.T("payments.ordered"), Value: q.P.DateTime(o.Created)},
			{Key: q.P.T("payments.changed"), Value: q.P.DateTime(o.Changed)},
		},
		Attempts: ui.Grid{Empty: q.P.T("payments.entry.none"), Head: []ui.Cell{
			{Text: q.P.T("payments.reference")}, {Text: q.P.T("payments.entry.ours")}, {Text: q.P.T("payments.entry.payment")},
			{Text: q.P.T("payments.entry.theirs")}, {Text: q.P.T("payments.entry.same")},
		}},
	}
	for _, a := range list {
		ours := q.P.T("payments.try."+string(a.State)) + codeOf(q, a)
		theirs, same := s.theirs(q, o, a)
		page.Attempts.Rows = append(page.Attempts.Rows, []ui.Cell{
			{Text: a.Reference, LTR: true}, {Text: ours}, {Text: a.Payment, LTR: true}, {Text: theirs}, {Tag: &same},
		})
	}
	if len(list) > 0 {
		page.Buttons = []ui.Btn{{Text: q.P.T("payments.entry.retry"), Name: inputAction, Value: toCheck, Look: ui.Primary}}
	}
	if o.State == Held {
		page.Buttons = append(page.Buttons, ui.Btn{Text: q.P.T("payments.entry.release"), Name: inputAction, Value: toRelease, Look: ui.Danger})
	}
	return q.Page(status, web.Page{Title: o.Reference, Body: pages.EntryPage(page), Wide: true, Back: "/staff/payments"})
}

func codeOf(q *web.Req, a *Attempt) string {
	if a.Code == "" {
		return ""
	}
	if a.State == Differs {
		return ": " + q.P.T("payments.differs."+a.Code)
	}
	return " (" + q.P.Isolate(a.Code) + ")"
}

// theirs is what the provider says of an attempt, and whether it is the same.
func (s *Service) theirs(q *web.Req, o *Order, a *Attempt) (string, ui.Label) {
	p, err := s.ask(q.R.Context(), a)
	switch {
	case errors.Is(err, ErrUnknown):
		same := ui.Label{Text: q.P.T("payments.entry.same.no"), Kind: ui.Bad}
		if a.State == Lost || a.State == Open && a.Payment == "" {
			same = ui.Label{Text: q.P.T("payments.entry.same.yes"), Kind: ui.Good}
		}
		return q.P.T("payments.theirs.unknown"), same
	case err != nil:
		return q.P.T("payments.theirs.silent"), ui.Label{Text: q.P.T("payments.entry.same.open"), Kind: ui.Warn}
	}
	status := [...]string{"underway", "success", "failure"}[p.Status]
	text := q.P.T("payments.theirs."+status) + ", " + p.Currency + " " + q.P.Number(p.Amount)
	if differs(o, a, p) == "" {
		text = q.P.T("payments.theirs."+status) + ", " + q.P.Money(p.Amount, p.Currency)
	}
	fits := map[Try]Status{Open: Underway, Lost: Underway, Failed: Failure, Succeeded: Success, GivingBack: Success, GivenBack: Success}
	switch want, ok := fits[a.State]; {
	case differs(o, a, p) != "" || ok && want != p.Status && a.State != Open:
		return text, ui.Label{Text: q.P.T("payments.entry.same.no"), Kind: ui.Bad}
	case a.State == Open && p.Status != Underway || a.State == Differs:
		return text, ui.Label{Text: q.P.T("payments.entry.same.open"), Kind: ui.Warn}
	}
	return text, ui.Label{Text: q.P.T("payments.entry.same.yes"), Kind: ui.Good}
}

// settle asks the provider again, or lets an order be paid anew.
func (s *Service) settle(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once(inputAction)
	}
	if err != nil {
		return err
	}
	reference := q.R.PathValue("reference")
	switch q.Value(inputAction) {
	case toCheck:
		err = s.Retry(q.R.Context(), official(q), reference)
	case toRelease:
		err = s.Release(q.R.Context(), official(q), reference)
	default:
		return s.showEntry(q, http.StatusUnprocessableEntity, &pages.Notice{Kind: ui.Warn, Title: q.P.T("payments.nothing"), Text: q.P.T("payments.error.button")})
	}
	switch {
	case errors.Is(err, errNotFound), fault.KindOf(err) == fault.Denied && err != nil:
		return err
	case errors.Is(err, errMoved):
		return s.showEntry(q, http.StatusConflict, &pages.Notice{Kind: ui.Warn, Title: q.P.T("payments.nothing"), Text: q.P.T(errMoved.Code)})
	case err != nil:
		q.Log.Warn("a payment cannot be looked at", "error", web.Reduce(err))
		return s.showEntry(q, http.StatusServiceUnavailable, &pages.Notice{Kind: ui.Warn, Title: q.P.T("payments.nothing"), Text: q.P.T("payments.entry.silent")})
	}
	return q.Redirect("/staff/payments/" + reference)
}
