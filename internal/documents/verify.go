package documents

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"portico/internal/identity/credential"
	"portico/internal/platform/db"
)

// triesLimit is how many wrong tokens a network may try within an hour. Right
// ones are not counted.
const triesLimit = 60

// Verdict is what anybody is told of a document.
type Verdict struct {
	State State     // Valid, Expired, IsRevoked, IsReplaced or Unknown
	Row   *Document // nil: Unknown
}

// Verify says how the document stands that has this number and token. What is
// wrong with them, or whether there is such a document, is not said; the work
// is the same.
func (d *Documents) Verify(ctx context.Context, number, token, network string) (Verdict, error) {
	v := Verdict{State: Unknown}
	if !d.tries.Take(credential.Limit{Times: triesLimit, Within: time.Hour}, "verify", network) {
		return v, errOften
	}
	number, token = strings.ToUpper(number), strings.ToLower(token)
	var row *Document
	err := d.DB.View(ctx, func(tx *db.Tx) (err error) {
		row, err = selectNumber(tx, number)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("find a document to verify: %w", err)
	}
	sum := d.hashOf(token)
	want := make([]byte, len(sum))
	known := row != nil && !row.Made.IsZero()
	if known {
		want = row.token
	}
	if subtle.ConstantTimeCompare(sum, want) == 1 && known {
		d.tries.Give("verify", network)
		v.State, v.Row = row.At(d.Clock.Now()), row
	}
	return v, nil
}
