package cases

import (
	"strings"

	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/vault"
)

// FileUse is how an official uses a file that belongs to a case: as whoever
// holds it, for deciding. The case stands still until the transaction ends, so
// that nobody closes it or hands it over between the decision and the event.
func (c *Cases) FileUse(tx *db.Tx, actor policy.Actor, subject, scope string) (vault.Use, error) {
	row, err := selectCase(tx, strings.TrimPrefix(scope, "case:"))
	if err != nil {
		return vault.Use{}, err
	}
	if row == nil || row.Subject != subject || row.Scope() != scope {
		return vault.Use{}, errNotFound
	}
	d, err := c.Version(row)
	if err != nil {
		return vault.Use{}, err
	}
	if ok, err := holdCase(tx, row); err != nil || !ok {
		return vault.Use{}, firstOf(err, errMoved)
	}
	return deciding(actor, d, row, policy.Use, nil), nil
}
