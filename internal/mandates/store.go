package mandates

import (
	"errors"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// moment is a time that may be missing, as a column has it.
func moment(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := clock.Micros(t)
	return &us
}

// at is the inverse of moment.
func at(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return clock.FromMicros(*us)
}

// some is a text that may be missing, as a column has it.
func some(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func insertMandate(tx *db.Tx, m Mandate) error {
	_, err := tx.Exec(`INSERT INTO mandates_mandate (subject, id, reference, company, state, services, until_at, appointed_by, invitation, ground, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		m.Subject, m.ID, m.Reference, m.Company, string(m.State), strings.Join(m.Services, " "), moment(m.Until), some(m.AppointedBy), some(m.Invitation),
		some(string(m.Ground)), clock.Micros(m.Created), clock.Micros(m.Changed))
	return err
}

const mandateColumns = `subject, id, reference, company, state, services, until_at, appointed_by, invitation, ground, created_at, changed_at, ended_at`

func scanMandate(scan func(...any) error) (m Mandate, err error) {
	var state, services string
	var until, ended *int64
	var by, invitation, ground *string
	var created, changed int64
	err = scan(&m.Subject, &m.ID, &m.Reference, &m.Company, &state, &services, &until, &by, &invitation, &ground, &created, &changed, &ended)
	if errors.Is(err, db.ErrNoRows) {
		return Mandate{}, nil
	}
	m.State, m.Services, m.Until = State(state), strings.Fields(services), at(until)
	m.AppointedBy, m.Invitation, m.Ground = text(by), text(invitation), Ground(text(ground))
	m.Created, m.Changed, m.Ended = clock.FromMicros(created), clock.FromMicros(changed), at(ended)
	return m, err
}

func selectMandates(tx *db.Tx, query string, args ...any) (list []Mandate, err error) {
	err = tx.Select(func(r *db.Rows) error {
		m, err := scanMandate(r.Scan)
		list = append(list, m)
		return err
	}, query, args...)
	return list, err
}

// selectOf returns all mandates of a person, the oldest first.
func selectOf(tx *db.Tx, subject string) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE subject = $1 ORDER BY created_at, id`, subject)
}

// selectFor returns a person's mandates for one company.
func selectFor(tx *db.Tx, subject, company string) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE subject = $1 AND company = $2`, subject, company)
}

// selectMandate returns a mandate; one that does not exist has no id.
func selectMandate(tx *db.Tx, id string) (Mandate, error) {
	return scanMandate(tx.QueryRow(`SELECT `+mandateColumns+` FROM mandates_mandate WHERE id = $1`, id).Scan)
}

func selectByReference(tx *db.Tx, reference string) (Mandate, error) {
	return scanMandate(tx.QueryRow(`SELECT `+mandateColumns+` FROM mandates_mandate WHERE reference = $1`, reference).Scan)
}

// selectByInvitation returns the mandate that came of an invitation.
func selectByInvitation(tx *db.Tx, subject, invitation string) (Mandate, error) {
	return scanMandate(tx.QueryRow(`SELECT `+mandateColumns+` FROM mandates_mandate WHERE subject = $1 AND invitation = $2`, subject, invitation).Scan)
}

// selectOfCompany returns the mandates of a company that were not ended.
func selectOfCompany(tx *db.Tx, company string) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE company = $1 AND ended_at IS NULL ORDER BY created_at, id`, company)
}

// selectAppointed returns the mandates that a delegate gave for a company and
// that were not ended.
func selectAppointed(tx *db.Tx, company, by string) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE company = $1 AND appointed_by = $2 AND ended_at IS NULL ORDER BY subject, id`, company, by)
}

// selectClaims returns the claims after one that wait for an official, the
// oldest first: ids are in the order of time.
func selectClaims(tx *db.Tx, after string, limit int) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE state = $1 AND id > $2 AND ended_at IS NULL ORDER BY id LIMIT $3`,
		string(Claimed), after, limit)
}

// selectVerified returns every mandate that an official verified, also one
// that has ended: its company keeps its number.
func selectVerified(tx *db.Tx) ([]Mandate, error) {
	return selectMandates(tx, `SELECT `+mandateColumns+` FROM mandates_mandate WHERE ground IS NOT NULL ORDER BY created_at, id`)
}

// endMandate reports whether the mandate was not ended before.
func endMandate(tx *db.Tx, m Mandate, state State, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE mandates_mandate SET state = $1, ended_at = $2, changed_at = $2 WHERE subject = $3 AND id = $4 AND ended_at IS NULL`,
		string(state), clock.Micros(now), m.Subject, m.ID)
	return n == 1, err
}

func verifyMandate(tx *db.Tx, m Mandate, company string, ground Ground, until time.Time, by string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE mandates_mandate SET state = $1, company = $2, ground = $3, until_at = $4, decided_by = $5, changed_at = $6
		WHERE subject = $7 AND id = $8 AND state = $9 AND ended_at IS NULL`,
		string(Verified), company, string(ground), moment(until), by, clock.Micros(now), m.Subject, m.ID, string(Claimed))
	return n == 1, err
}

func insertInvitation(tx *db.Tx, i Invitation, hash []byte, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO mandates_invitation (subject, id, mandate, company, invitee, state, services, until_at, token_hash, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		i.Subject, i.ID, i.Mandate, i.Company, some(i.Invitee), i.State, strings.Join(i.Services, " "), moment(i.Until), hash, clock.Micros(now), clock.Micros(i.Expires))
	return err
}

const invitationColumns = `subject, id, mandate, company, invitee, state, services, until_at, expires_at`

func scanInvitation(scan func(...any) error) (i Invitation, err error) {
	var invitee *string
	var services string
	var until *int64
	var expires int64
	err = scan(&i.Subject, &i.ID, &i.Mandate, &i.Company, &invitee, &i.State, &services, &until, &expires)
	if errors.Is(err, db.ErrNoRows) {
		return Invitation{}, nil
	}
	i.Invitee, i.Services, i.Until, i.Expires = text(invitee), strings.Fields(services), at(until), clock.FromMicros(expires)
	return i, err
}

func selectInvitation(tx *db.Tx, id string) (Invitation, error) {
	return scanInvitation(tx.QueryRow(`SELECT `+invitationColumns+` FROM mandates_invitation WHERE id = $1`, id).Scan)
}

func selectByToken(tx *db.Tx, hash []byte) (Invitation, error) {
	return scanInvitation(tx.QueryRow(`SELECT `+invitationColumns+` FROM mandates_invitation WHERE token_hash = $1`, hash).Scan)
}

func selectInvitations(tx *db.Tx, query string, args ...any) (list []Invitation, err error) {
	err = tx.Select(func(r *db.Rows) error {
		i, err := scanInvitation(r.Scan)
		list = append(list, i)
		return err
	}, query, args...)
	return list, err
}

// selectInvitationsOf returns what the holder of a mandate sent, the newest
// first.
func selectInvitationsOf(tx *db.Tx, subject, mandate string) ([]Invitation, error) {
	return selectInvitations(tx, `SELECT `+invitationColumns+` FROM mandates_invitation WHERE subject = $1 AND mandate = $2 ORDER BY id DESC`, subject, mandate)
}

// selectInvitationsTo returns the invitations that wait for somebody.
func selectInvitationsTo(tx *db.Tx, invitee string, now time.Time) ([]Invitation, error) {
	return selectInvitations(tx, `SELECT `+invitationColumns+` FROM mandates_invitation WHERE invitee = $1 AND state = $2 AND expires_at > $3 ORDER BY id`,
		invitee, invited, clock.Micros(now))
}

// setInvitee notes who followed an invitation.
func setInvitee(tx *db.Tx, i Invitation, invitee string) error {
	_, err := tx.Exec(`UPDATE mandates_invitation SET invitee = $1 WHERE subject = $2 AND id = $3 AND state = $4`, invitee, i.Subject, i.ID, invited)
	return err
}

// endInvitation reports whether the invitation waited.
func endInvitation(tx *db.Tx, i Invitation, state string, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE mandates_invitation SET state = $1, ended_at = $2 WHERE subject = $3 AND id = $4 AND state = $5`,
		state, clock.Micros(now), i.Subject, i.ID, invited)
	return n == 1, err
}

// withdrawAll ends the invitations of a mandate that wait.
func withdrawAll(tx *db.Tx, subject, mandate string, now time.Time) error {
	_, err := tx.Exec(`UPDATE mandates_invitation SET state = $1, ended_at = $2 WHERE subject = $3 AND mandate = $4 AND state = $5`,
		withdrawn, clock.Micros(now), subject, mandate, invited)
	return err
}

// withdrawEvery ends all invitations that wait.
func withdrawEvery(tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(`UPDATE mandates_invitation SET state = $1, ended_at = $2 WHERE state = $3`, withdrawn, clock.Micros(now), invited)
	return err
}

func insertCheck(tx *db.Tx, c Check, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO mandates_check (subject, id, mandate, official, opened_at, until_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		c.Subject, c.ID, c.Mandate.ID, c.Official, clock.Micros(now), clock.Micros(c.Until))
	return err
}

// selectCheck returns a check with the id of its mandate only; one that does
// not exist has no id.
func selectCheck(tx *db.Tx, id string) (c Check, err error) {
	var until int64
	var closed *int64
	err = tx.QueryRow(`SELECT subject, id, mandate, official, until_at, closed_at FROM mandates_check WHERE id = $1`, id).
		Scan(&c.Subject, &c.ID, &c.Mandate.ID, &c.Official, &until, &closed)
	if errors.Is(err, db.ErrNoRows) {
		return Check{}, nil
	}
	c.Until, c.Closed = clock.FromMicros(until), at(closed)
	return c, err
}

// closeCheck reports whether the check was open.
func closeCheck(tx *db.Tx, c Check, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE mandates_check SET closed_at = $1 WHERE subject = $2 AND id = $3 AND closed_at IS NULL AND until_at > $1`,
		clock.Micros(now), c.Subject, c.ID)
	return n == 1, err
}
