package notify

import (
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

// counted is how many notices of a kind stand in a state.
type counted struct {
	Kind  string
	State State
	n     int64
}

// countWent counts the deliveries of notices since a moment.
func countWent(tx *db.Tx, since time.Time) (list []counted, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var c counted
		err := r.Scan(&c.Kind, &c.State, &c.n)
		list = append(list, c)
		return err
	}, `SELECT n.kind, d.state, COUNT(*) FROM notify_notice n JOIN notify_delivery d ON d.subject = n.subject AND d.notice = n.id
		WHERE n.at >= $1 GROUP BY n.kind, d.state`, clock.Micros(since))
	return list, err
}

// countAbout counts what became of the e-mails about something, since a moment.
func countAbout(tx *db.Tx, about string, since time.Time) (list []counted, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var c counted
		err := r.Scan(&c.State, &c.n)
		list = append(list, c)
		return err
	}, `SELECT d.state, COUNT(*) FROM notify_notice n JOIN notify_delivery d ON d.subject = n.subject AND d.notice = n.id
		WHERE n.at >= $1 AND n.about = $2 GROUP BY d.state ORDER BY d.state`, clock.Micros(since), about)
	return list, err
}

// sent is that a notice left, to whom and when.
type sent struct {
	Subject string
	At      time.Time
}

// selectSent returns the newest notices of a kind that left since a moment.
func selectSent(tx *db.Tx, kind string, since time.Time, limit int) (list []sent, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var one sent
		var at int64
		err := r.Scan(&one.Subject, &at)
		one.At = clock.FromMicros(at)
		list = append(list, one)
		return err
	}, `SELECT d.subject, d.at FROM notify_notice n JOIN notify_delivery d ON d.subject = n.subject AND d.notice = n.id
		WHERE n.at >= $1 AND n.kind = $2 AND d.state = $3 ORDER BY n.at DESC, n.id DESC LIMIT $4`,
		clock.Micros(since), kind, string(Sent), limit)
	return list, err
}

// selectEnded returns since when somebody does not want a newsletter any more;
// zero if they do.
func selectEnded(tx *db.Tx, subject, kind string) (at time.Time, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var us int64
		err := r.Scan(&us)
		at = clock.FromMicros(us)
		return err
	}, `SELECT at FROM notify_choice WHERE subject = $1 AND kind = $2 AND channel = $3 AND wanted = 0`, subject, kind, string(subscription))
	return at, err
}

func countSent(tx *db.Tx, subject string, c kinds.Channel, since time.Time) (n int64, err error) {
	err = tx.QueryRow(`SELECT COUNT(*) FROM notify_delivery WHERE subject = $1 AND channel = $2 AND state = $3 AND at > $4`,
		subject, string(c), string(Sent), clock.Micros(since)).Scan(&n)
	return n, err
}
