package contact

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// mailRow is a mail that was taken.
type mailRow struct {
	Subject, ID, Request string
	Whole                bool // its attachments are kept too
}

// insertMail notes a mail, and reports whether it was not taken before.
func insertMail(tx *db.Tx, m *mailRow, message, sender []byte, now time.Time) (bool, error) {
	n, err := tx.Exec(`INSERT INTO contact_mail (subject, id, request, message, sender, whole, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (message) DO NOTHING`, m.Subject, m.ID, m.Request, message, sender, flag(m.Whole), clock.Micros(now))
	return n == 1, err
}

// selectMail returns the mail of a hash, nil if there is none.
func selectMail(tx *db.Tx, message []byte) (*mailRow, error) {
	var m mailRow
	var whole int64
	err := tx.QueryRow(`SELECT subject, id, request, whole FROM contact_mail WHERE message = $1`, message).Scan(&m.Subject, &m.ID, &m.Request, &whole)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	m.Whole = whole == 1
	return &m, err
}

func setWhole(tx *db.Tx, m *mailRow) error {
	_, err := tx.Exec(`UPDATE contact_mail SET whole = 1 WHERE subject = $1 AND id = $2`, m.Subject, m.ID)
	return err
}

// countMails counts the mails of a sender since a moment.
func countMails(tx *db.Tx, sender []byte, since time.Time) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM contact_mail WHERE sender = $1 AND at > $2`, sender, clock.Micros(since)).Scan(&n)
	return n, err
}

func insertAttachment(tx *db.Tx, m *mailRow, n int, file string) error {
	_, err := tx.Exec(`INSERT INTO contact_attachment (subject, mail, n, file) VALUES ($1, $2, $3, $4)`, m.Subject, m.ID, n, file)
	return err
}

// selectAttachment returns the file that an attachment became, empty if none.
func selectAttachment(tx *db.Tx, m *mailRow, n int) (file string, err error) {
	err = tx.QueryRow(`SELECT file FROM contact_attachment WHERE subject = $1 AND mail = $2 AND n = $3`, m.Subject, m.ID, n).Scan(&file)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return file, err
}
