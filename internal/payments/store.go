package payments

import (
	"database/sql"
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const orderColumns = `subject, id, case_id, service, reference, amount, currency, state, attempts, created_at, changed_at, paid_at`

func scanOrder(scan func(...any) error) (*Order, error) {
	var o Order
	var created, changed int64
	var paid sql.NullInt64
	err := scan(&o.Subject, &o.ID, &o.Case, &o.Service, &o.Reference, &o.Amount, &o.Currency, &o.State, &o.Attempts, &created, &changed, &paid)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	o.Created, o.Changed, o.Paid = clock.FromMicros(created), clock.FromMicros(changed), orZero(paid)
	return &o, err
}

// orZero is a time that may not be there, and orNull the other way round.
func orZero(at sql.NullInt64) time.Time {
	if !at.Valid {
		return time.Time{}
	}
	return clock.FromMicros(at.Int64)
}

func orNull(at time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: clock.Micros(at), Valid: !at.IsZero()}
}

func insertOrder(tx *db.Tx, o *Order) error {
	_, err := tx.Exec(`INSERT INTO payments_order (`+orderColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		o.Subject, o.ID, o.Case, o.Service, o.Reference, o.Amount, o.Currency, o.State, o.Attempts,
		clock.Micros(o.Created), clock.Micros(o.Changed), orNull(o.Paid))
	return err
}

func selectOrder(tx *db.Tx, id string) (*Order, error) {
	return scanOrder(tx.QueryRow(`SELECT `+orderColumns+` FROM payments_order WHERE id = $1`, id).Scan)
}

func orderByReference(tx *db.Tx, reference string) (*Order, error) {
	return scanOrder(tx.QueryRow(`SELECT `+orderColumns+` FROM payments_order WHERE reference = $1`, reference).Scan)
}

func ordersOf(tx *db.Tx, rows string, args ...any) (list []*Order, err error) {
	err = tx.Select(func(r *db.Rows) error {
		o, err := scanOrder(r.Scan)
		list = append(list, o)
		return err
	}, `SELECT `+orderColumns+` FROM payments_order `+rows, args...)
	return list, err
}

func selectOfCase(tx *db.Tx, caseID string) ([]*Order, error) {
	return ordersOf(tx, `WHERE case_id = $1 ORDER BY created_at DESC, id DESC`, caseID)
}

func selectOfSubject(tx *db.Tx, subject string) ([]*Order, error) {
	return ordersOf(tx, `WHERE subject = $1 ORDER BY created_at DESC, id DESC`, subject)
}

// selectBook lists the orders that changed before a moment, the latest first;
// those of one state, or of every one.
func selectBook(tx *db.Tx, state State, before time.Time, id string, limit int) ([]*Order, error) {
	if state == "" {
		return ordersOf(tx, `WHERE (changed_at, id) < ($1, $2) ORDER BY changed_at DESC, id DESC LIMIT $3`, clock.Micros(before), id, limit)
	}
	return ordersOf(tx, `WHERE state = $1 AND (changed_at, id) < ($2, $3) ORDER BY changed_at DESC, id DESC LIMIT $4`, state, clock.Micros(before), id, limit)
}

// Sum is how many orders are in a state, and what they come to.
type Sum struct {
	State    State
	Currency string
	N        int64
	Amount   int64
}

func selectSums(tx *db.Tx) (list []Sum, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s Sum
		err := r.Scan(&s.State, &s.Currency, &s.N, &s.Amount)
		list = append(list, s)
		return err
	}, `SELECT state, currency, COUNT(*), CAST(SUM(amount) AS BIGINT) FROM payments_order GROUP BY state, currency ORDER BY state, currency`)
	return list, err
}

func hasReference(tx *db.Tx, reference string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT COUNT(*) FROM payments_order WHERE reference = $1`, reference).Scan(&n)
	return n > 0, err
}

// turn brings an order from the state in which it was seen into another, and
// reports false if it is not there any more.
func turn(tx *db.Tx, o *Order, to State, now time.Time) (bool, error) {
	paid := o.Paid
	if to == Paid || to == Refunding && paid.IsZero() {
		paid = now
	}
	n, err := tx.Exec(`UPDATE payments_order SET state = $1, changed_at = $2, paid_at = $3 WHERE subject = $4 AND id = $5 AND state = $6`,
		to, clock.Micros(now), orNull(paid), o.Subject, o.ID, o.State)
	if err == nil && n == 1 {
		o.State, o.Changed, o.Paid = to, now, paid
	}
	return n == 1, err
}

// begin counts another attempt at an order that is due.
func begin(tx *db.Tx, o *Order, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE payments_order SET state = $1, changed_at = $2, attempts = attempts + 1 WHERE subject = $3 AND id = $4 AND state = $5 AND attempts = $6`,
		Paying, clock.Micros(now), o.Subject, o.ID, o.State, o.Attempts)
	if err == nil && n == 1 {
		o.State, o.Changed, o.Attempts = Paying, now, o.Attempts+1
	}
	return n == 1, err
}

const attemptColumns = `subject, order_id, n, reference, payment, state, code, created_at, changed_at, next_at`

func scanAttempt(scan func(...any) error) (*Attempt, error) {
	var a Attempt
	var payment sql.NullString
	var created, changed int64
	var next sql.NullInt64
	err := scan(&a.Subject, &a.Order, &a.N, &a.Reference, &payment, &a.State, &a.Code, &created, &changed, &next)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	a.Payment, a.Created, a.Changed, a.Next = payment.String, clock.FromMicros(created), clock.FromMicros(changed), orZero(next)
	return &a, err
}

func insertAttempt(tx *db.Tx, a *Attempt) error {
	_, err := tx.Exec(`INSERT INTO payments_attempt (`+attemptColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.Subject, a.Order, a.N, a.Reference, sql.NullString{String: a.Payment, Valid: a.Payment != ""}, a.State, a.Code,
		clock.Micros(a.Created), clock.Micros(a.Changed), orNull(a.Next))
	return err
}

func attempts(tx *db.Tx, rows string, args ...any) (list []*Attempt, err error) {
	err = tx.Select(func(r *db.Rows) error {
		a, err := scanAttempt(r.Scan)
		list = append(list, a)
		return err
	}, `SELECT `+attemptColumns+` FROM payments_attempt `+rows, args...)
	return list, err
}

// selectAttempts lists the attempts at an order, the latest first.
func selectAttempts(tx *db.Tx, o *Order) ([]*Attempt, error) {
	return attempts(tx, `WHERE subject = $1 AND order_id = $2 ORDER BY n DESC`, o.Subject, o.ID)
}

// selectWaiting lists attempts about which the provider is to be asked.
func selectWaiting(tx *db.Tx, now time.Time, limit int) ([]*Attempt, error) {
	return attempts(tx, `WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at LIMIT $2`, clock.Micros(now), limit)
}

// selectHinted finds the attempt that a message is about.
func selectHinted(tx *db.Tx, h Hint) (*Attempt, error) {
	a, err := scanAttempt(tx.QueryRow(`SELECT `+attemptColumns+` FROM payments_attempt WHERE payment = $1`, h.Payment).Scan)
	if a != nil || err != nil {
		return a, err
	}
	return scanAttempt(tx.QueryRow(`SELECT `+attemptColumns+` FROM payments_attempt WHERE reference = $1 AND payment IS NULL`, h.Reference).Scan)
}

// claim puts off when the provider is asked about an attempt again, and reports
// false if somebody else does it meanwhile.
func claim(tx *db.Tx, a *Attempt, next time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE payments_attempt SET next_at = $1 WHERE subject = $2 AND order_id = $3 AND n = $4 AND state = $5 AND next_at = $6`,
		orNull(next), a.Subject, a.Order, a.N, a.State, clock.Micros(a.Next))
	if err == nil && n == 1 {
		a.Next = next
	}
	return n == 1, err
}

// bind notes what the provider calls an attempt, once.
func bind(tx *db.Tx, a *Attempt, payment string) (bool, error) {
	n, err := tx.Exec(`UPDATE payments_attempt SET payment = $1 WHERE subject = $2 AND order_id = $3 AND n = $4 AND (payment IS NULL OR payment = $1)`,
		payment, a.Subject, a.Order, a.N)
	if err == nil && n == 1 {
		a.Payment = payment
	}
	return n == 1, err
}

// mark brings an attempt from the state in which it was seen into another.
func mark(tx *db.Tx, a *Attempt, to Try, code string, now, next time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE payments_attempt SET state = $1, code = $2, changed_at = $3, next_at = $4 WHERE subject = $5 AND order_id = $6 AND n = $7 AND state = $8`,
		to, code, clock.Micros(now), orNull(next), a.Subject, a.Order, a.N, a.State)
	if err == nil && n == 1 {
		a.State, a.Code, a.Changed, a.Next = to, code, now, next
	}
	return n == 1, err
}
