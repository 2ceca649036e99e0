package services

import (
	"net/http"
	"strings"

	"portico/internal/platform/fault"
	"portico/internal/platform/web"
)

// allData answers with all services that there are.
func (h handlers) allData(q *web.Req) error { return h.data(q, h.Catalogue.Services()) }

// oneData answers with one service: its id and .jsonld.
func (h handlers) oneData(q *web.Req) error {
	id, ok := strings.CutSuffix(q.R.PathValue("file"), ".jsonld")
	if !ok {
		return fault.New(fault.NotFound, "services.error.unknown")
	}
	d, err := h.service(id)
	if err != nil {
		return err
	}
	return h.data(q, []*Definition{d})
}

func (h handlers) data(q *web.Req, list []*Definition) error {
	b, err := Linked(list, h.Policy(), h.Address(), h.Currency())
	if err != nil {
		return err
	}
	return q.Bytes(http.StatusOK, "application/ld+json", b)
}
