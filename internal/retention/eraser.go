package retention

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// Eraser disposes of what people asked to be erased, for package rights.
type Eraser struct{ Keeps *Service }

func (e Eraser) why(request string) Why {
	return Why{Because: holdings.BecauseRequest, Ref: request, Actor: policy.Staff}
}

// Allowed is nil if nothing but the request itself holds the things back.
func (e Eraser) Allowed(tx *db.Tx, items []holdings.Item, request string) error {
	return e.Keeps.Allowed(tx, items, e.why(request))
}

// Erase disposes of them.
func (e Eraser) Erase(tx *db.Tx, items []holdings.Item, request string) error {
	_, err := e.Keeps.Dispose(tx, items, e.why(request))
	return err
}
