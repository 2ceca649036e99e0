package payments

import (
	"errors"
	"net/http"

	"portico/internal/cases"
	"portico/internal/payments/pages"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/services"
)

// What the buttons of the pages send.
const (
	inputAction = "action"
	toPay       = "pay"
	toCheck     = "check"
	toRelease   = "release"
)

// Connection is what the environment calls the provider.
const Connection = "payment"

// NotifyPath is where the provider sends its messages.
const NotifyPath = "/payments/notify"

// messageMax bounds a message of the provider.
const messageMax = 64 << 10

// Mount declares the pages of payments, and where the provider's messages come.
func (s *Service) Mount(r *web.Router) {
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: "/cabinet/payments", Handler: s.list},
		{Method: http.MethodGet, Path: "/cabinet/payments/{id}", Handler: s.show},
		{Method: http.MethodPost, Path: "/cabinet/payments/{id}", Handler: s.did},
		{Method: http.MethodGet, Path: "/cabinet/payments/{id}/back", Handler: s.back},
		{Method: http.MethodGet, Path: "/cabinet/payments/{id}/receipt", Handler: s.receipt},
		{Method: http.MethodGet, Path: "/cabinet/applications/{id}/pay", Handler: s.forCase},
	} {
		rt.Audience, rt.Activity = web.Person, Activity
		r.Handle(rt)
	}
	r.Handle(web.Route{
		Method: http.MethodPost, Path: NotifyPath, Unprefixed: true, Audience: web.Machine, Limit: messageMax,
		Activity: Activity, Handler: s.notified,
	})
	for _, rt := range []web.Route{
		{Method: http.MethodGet, Path: "/staff/payments", Handler: s.book},
		{Method: http.MethodGet, Path: "/staff/payments/{reference}", Handler: s.entry},
		{Method: http.MethodPost, Path: "/staff/payments/{reference}", Handler: s.settle},
	} {
		rt.Audience, rt.Unprefixed, rt.Activity = web.Staff, true, ActivityAccounts
		handler := rt.Handler
		rt.Handler = func(q *web.Req) error {
			pol := s.Policy()
			if !pol.May(q.Session.Roles, policy.Reconcile) || !q.Session.Strong && !pol.Demo() {
				return errDenied
			}
			return handler(q)
		}
		r.Handle(rt)
	}
}

// actor is the person who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}

// label draws the state of an order.
func label(q *web.Req, state State) ui.Label {
	kind := map[State]ui.Kind{Due: ui.Warn, Paying: ui.Info, Paid: ui.Good, Held: ui.Bad, Refunding: ui.Info, Refunded: ui.Neutral, Void: ui.Neutral}[state]
	return ui.Label{Text: q.P.T("payments.state." + string(state)), Kind: kind}
}

func (s *Service) list(q *web.Req) error {
	orders, err := s.Orders(q.R.Context(), actor(q))
	if err != nil {
		return err
	}
	g := ui.Grid{Empty: q.P.T("payments.list.empty"), Head: []ui.Cell{
		{Text: q.P.T("payments.service")}, {Text: q.P.T("payments.reference")}, {Text: q.P.T("payments.amount"), Numeric: true}, {Text: q.P.T("payments.state")}, {Text: q.P.T("payments.changed")},
	}}
	for _, o := range orders {
		_, d, err := s.Cases.Row(q.R.Context(), actor(q), o.Case)
		if err != nil {
			return err
		}
		tag := label(q, o.State)
		g.Rows = append(g.Rows, []ui.Cell{
			{Text: q.P.In(d.Name), Href: q.Path("/cabinet/payments/" + o.ID)}, {Text: o.Reference, LTR: true},
			{Text: q.P.Money(o.Amount, o.Currency), Numeric: true}, {Tag: &tag}, {Text: q.P.DateTime(o.Changed)},
		})
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("payments.list.title"), Body: pages.ListPage(g), Wide: true, Back: q.Path("/cabinet/")})
}

// forCase leads from an application to what is to be paid for it.
func (s *Service) forCase(q *web.Req) error {
	orders, err := s.Of(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		return errNotFound
	}
	return q.Redirect(q.Path("/cabinet/payments/" + orders[0].ID))
}

func (s *Service) show(q *web.Req) error { return s.showOrder(q, http.StatusOK, nil) }

func (s *Service) showOrder(q *web.Req, status int, notice *pages.Notice) error {
	o, list, err := s.Mine(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	row, d, err := s.Cases.Row(q.R.Context(), actor(q), o.Case)
	if err != nil {
		return err
	}
	fee, err := s.fee(q, o)
	if err != nil {
		return err
	}
	here := q.Path("/cabinet/payments/" + o.ID)
	says := "payments.says." + string(o.State)
	if o.State == Due && len(list) > 0 {
		says = "payments.says.again"
	}
	page := pages.Order{
		Service: q.P.In(d.Name), Reference: o.Reference, Notice: notice, State: label(q, o.State), Says: q.P.T(says),
		Fee: fee, Action: here, Application: q.Path("/cabinet/applications/" + o.Case), Facts: s.facts(q, o, row, d),
	}
	amount := q.P.Money(o.Amount, o.Currency)
	switch o.State {
	case Due:
		page.Pay = &ui.Btn{Text: q.P.T("payments.order.pay", "amount", amount), Name: inputAction, Value: toPay, Look: ui.Primary}
		page.Leaves = q.P.T("payments.order.leaves", "provider", s.provider(q))
	case Paying:
		page.Pay = &ui.Btn{Text: q.P.T("payments.order.go-on"), Name: inputAction, Value: toPay, Look: ui.Primary}
		page.Leaves = q.P.T("payments.order.leaves", "provider", s.provider(q))
	case Paid, Refunding, Refunded:
		page.Receipt = here + "/receipt"
	}
	return q.Page(status, web.Page{
		Title: q.P.T("payments.order.title"), Service: page.Service, Body: pages.OrderPage(page), Back: page.Application,
	})
}

// facts are what there is to know of an order.
func (s *Service) facts(q *web.Req, o *Order, row *cases.Case, d *services.Definition) []ui.Row {
	party, _ := s.Policy().Party(d.Responsible)
	rows := []ui.Row{
		{Key: q.P.T("payments.reference"), Value: o.Reference, LTR: true},
		{Key: q.P.T("payments.application"), Value: row.Reference, LTR: true},
		{Key: q.P.T("payments.party"), Value: q.P.In(party.Name)},
		{Key: q.P.T("payments.ordered"), Value: q.P.DateTime(o.Created)},
	}
	if !o.Paid.IsZero() {
		rows = append(rows, ui.Row{Key: q.P.T("payments.paid"), Value: q.P.DateTime(o.Paid)})
	}
	if o.State == Refunded {
		rows = append(rows, ui.Row{Key: q.P.T("payments.refunded"), Value: q.P.DateTime(o.Changed)})
	}
	return rows
}

// fee is what the amount of an order is made of. Where the application cannot
// be opened any more, the amount stands alone.
func (s *Service) fee(q *web.Req, o *Order) ([]ui.Row, error) {
	a, err := s.Cases.Application(q.R.Context(), actor(q), o.Case)
	if err != nil && !cases.Left(err) {
		return nil, err
	}
	if err == nil && a.Fee.Amount() == o.Amount {
		return services.FeeRows(q.P, a.Fee, o.Currency), nil
	}
	return []ui.Row{{Key: q.P.T("payments.amount"), Value: q.P.Money(o.Amount, o.Currency)}}, nil
}

// provider is what the party is called on whose pages people pay.
func (s *Service) provider(q *web.Req) string {
	party, _ := s.Policy().Destination(Connection)
	return q.P.In(party.Name)
}

// did begins to pay, or goes on.
func (s *Service) did(q *web.Req) error {
	_, err := q.Form()
	if err == nil {
		err = q.Once(inputAction)
	}
	if err != nil {
		return err
	}
	if q.Value(inputAction) != toPay {
		return s.showOrder(q, http.StatusUnprocessableEntity, &pages.Notice{
			Kind: ui.Warn, Title: q.P.T("payments.nothing"), Text: q.P.T("payments.error.button"),
		})
	}
	ctx, orderID := q.R.Context(), q.R.PathValue("id")
	next, err := s.Pay(ctx, actor(q), orderID, q.Lang)
	switch {
	case errors.Is(err, errMoved):
		return s.showOrder(q, http.StatusConflict, &pages.Notice{Kind: ui.Warn, Title: q.P.T("payments.nothing"), Text: q.P.T(errMoved.Code)})
	case fault.KindOf(err) == fault.Unavailable:
		q.Log.Warn("the payment provider does not answer", "error", web.Reduce(err))
		return s.showOrder(q, http.StatusServiceUnavailable, &pages.Notice{Kind: ui.Warn, Title: q.P.T("payments.nothing"), Text: q.P.T(ErrUnavailable.Code)})
	case err != nil:
		return err
	case next == "":
		return q.Redirect(q.Path("/cabinet/payments/" + orderID))
	}
	o, _, err := s.Mine(ctx, actor(q), orderID)
	if err != nil {
		return err
	}
	_, d, err := s.Cases.Row(ctx, actor(q), o.Case)
	if err != nil {
		return err
	}
	l := pages.Leave{Service: q.P.In(d.Name), Provider: s.provider(q), Next: next}
	// A form of this portal leads nowhere else (Content-Security-Policy), so
	// that the browser goes on from this page, and a person can by hand.
	q.W.Header().Set("Refresh", "0; url="+next)
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("payments.leave.title", "provider", l.Provider), Service: l.Service, Body: pages.LeavePage(l),
		Back: q.Path("/cabinet/payments/" + o.ID),
	})
}

// back is where the provider leads the browser afterwards, which proves
// nothing: the provider is asked.
func (s *Service) back(q *web.Req) error {
	o, list, err := s.Mine(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	if o.State == Paying && len(list) > 0 {
		if err := s.Check(q.R.Context(), o, list[0]); err != nil && !errors.Is(err, errMoved) {
			q.Log.Warn("a payment cannot be looked at", "error", web.Reduce(err)) // Poll will
		}
	}
	return q.Redirect(q.Path("/cabinet/payments/" + o.ID))
}

func (s *Service) receipt(q *web.Req) error {
	o, _, err := s.Mine(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err == nil && o.Paid.IsZero() {
		err = errNotFound
	}
	if err != nil {
		return err
	}
	row, d, err := s.Cases.Row(q.R.Context(), actor(q), o.Case)
	if err != nil {
		return err
	}
	fee, err := s.fee(q, o)
	if err != nil {
		return err
	}
	tag := label(q, o.State)
	r := pages.Receipt{Service: q.P.In(d.Name), Fee: fee, Facts: append(s.facts(q, o, row, d), ui.Row{Key: q.P.T("payments.state"), Tag: &tag})}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("payments.receipt.title"), Service: r.Service, Body: pages.ReceiptPage(r), Back: q.Path("/cabinet/payments/" + o.ID),
	})
}

// notified takes a message of the provider.
func (s *Service) notified(q *web.Req) error {
	body, err := q.Body()
	if err != nil {
		return err
	}
	ours, err := s.Heard(q.R.Context(), body, q.R.Header.Get(SignatureHeader))
	if !ours {
		return errForged
	}
	if err != nil && !errors.Is(err, errMoved) {
		return err // the provider says it again, and Poll asks in any case
	}
	return q.Bytes(http.StatusNoContent, "text/plain; charset=utf-8", nil)
}
