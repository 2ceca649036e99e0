package services

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/forms"
	"portico/internal/forms/questions"
	"portico/internal/forms/sent"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/services/pages"
)

// The calculator's own inputs.
const (
	inputVariant = "_variant"
	inputLook    = "_look" // the form was sent
)

// calculator lets anybody work out a fee: it asks only what the fee depends on,
// by GET, and keeps nothing.
func (h handlers) calculator(q *web.Req) error {
	d, err := h.service(q.R.PathValue("id"))
	if err != nil {
		return err
	}
	variant := q.Value(inputVariant)
	if _, ok := d.Offer(variant); !ok && variant == "" {
		return q.Redirect(q.Path("/services/" + d.ID))
	} else if !ok || len(calculable(d)) == 0 {
		return fault.New(fault.NotFound, "services.error.variant")
	}
	page, err := h.fee(q, d, variant, q.Path("/services/"+d.ID+"/fee"))
	if err != nil {
		return err
	}
	back := q.Path("/services/" + d.ID)
	if variant != "" {
		back += "?variant=" + variant
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("services.fee"), Service: d.Title(variant, q.P), Body: pages.FeePage(page), Back: back, Invalid: len(page.Problems) > 0,
	})
}

// calculable are the questions that the calculator asks: a file tells nothing
// before somebody has looked at it.
func calculable(d *Definition) []forms.Field {
	return slices.DeleteFunc(d.Form.FeeAsks(), func(f forms.Field) bool { return f.Kind == forms.Files })
}

func (h handlers) fee(q *web.Req, d *Definition, variant, action string) (pages.Fee, error) {
	asks := forms.Page{ID: "fee"}
	for _, f := range calculable(d) {
		asks.Fields = append(asks.Fields, f.Key)
	}
	view := questions.View{Form: d.Form}
	page := pages.Fee{Title: d.Title(variant, q.P), Variant: variant, Action: action}
	at := forms.At{Now: h.Clock.Now(), Variant: variant}
	given := sent.Decode(d.Form, sent.Input{Values: plain(q.R.URL.Query()), Also: []string{inputVariant, inputLook}})
	o, err := d.Form.Check(given.Answers, at, given.Errors...)
	var rule *forms.RuleError
	if errors.As(err, &rule) {
		page.Cannot = q.P.T("services.fee.cannot")
		o, err = d.Form.Check(nil, at)
	}
	if err != nil {
		return page, err
	}
	view.Typed, view.Hidden, view.Needed = given.Typed, o.Hidden, o.Needed
	if q.Value(inputLook) != "" && given.Edited == "" {
		for _, e := range o.Errors {
			if top, _, _ := strings.Cut(e.Key, "."); top == "" || slices.Contains(asks.Fields, top) {
				view.Errors = append(view.Errors, e)
			}
		}
		if len(view.Errors) == 0 && page.Cannot == "" && o.Estimate != nil && len(o.Estimate.Waits) == 0 {
			page.Lines = FeeRows(q.P, o.Estimate, h.Currency())
		}
	}
	page.Problems, page.Questions = view.Problems(q.P), questions.Questions(view, asks)
	return page, nil
}

// plain are the values of a query; one that is no plain text loses its value,
// which is an error beside its question.
func plain(query url.Values) url.Values {
	out := url.Values{}
	for name, values := range query {
		if slices.ContainsFunc(values, func(v string) bool { return !web.PlainText(v) }) {
			values = nil
		}
		out[name] = values
	}
	return out
}

// FeeRows lists what a fee is made of, but for parts of zero, and its total.
func FeeRows(p *i18n.Printer, fee *forms.Fee, currency string) []ui.Row {
	var rows []ui.Row
	for _, line := range fee.Lines {
		if line.Amount != 0 || fee.Total == 0 {
			rows = append(rows, ui.Row{Key: p.In(line.Label), Value: p.Money(line.Amount, currency)})
		}
	}
	return append(rows, ui.Row{Key: p.T("services.fee.total"), Value: p.Money(fee.Total, currency)})
}
