package notify

import (
	"errors"
	"time"

	"portico/internal/notify/kinds"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// insertNotice stores a notice that was cleared, and reports whether the
// happening was not told of yet.
func insertNotice(tx *db.Tx, c kinds.Cleared, n *notice) (bool, error) {
	if c.Kind() == nil {
		return false, errors.New("a notice that nothing cleared is not stored")
	}
	var page *int64
	if c.Kind().Sends(kinds.Page) {
		page = new(int64)
	}
	count, err := tx.Exec(`INSERT INTO notify_notice (subject, id, kind, about, state, while, key, official, at, page)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (subject, key) DO NOTHING`,
		c.Subject(), n.ID, c.Kind().ID, n.About, n.State, bit(n.While), n.Key, bit(n.Official), clock.Micros(n.At), page)
	return count == 1, err
}

const noticeColumns = `subject, id, kind, about, state, while, official, at, read_at`

func scanNotice(scan func(...any) error) (n notice, err error) {
	var while, official, at int64
	var read *int64
	err = scan(&n.Subject, &n.ID, &n.Kind, &n.About, &n.State, &while, &official, &at, &read)
	n.While, n.Official, n.At = while != 0, official != 0, clock.FromMicros(at)
	if read != nil {
		n.Read = clock.FromMicros(*read)
	}
	return n, err
}

// selectNotice returns a notice of somebody; one that does not exist has no id.
func selectNotice(tx *db.Tx, subject, id string) (notice, error) {
	n, err := scanNotice(tx.QueryRow(`SELECT `+noticeColumns+` FROM notify_notice WHERE subject = $1 AND id = $2`, subject, id).Scan)
	if errors.Is(err, db.ErrNoRows) {
		return notice{}, nil
	}
	return n, err
}

// insertDelivery notes how a notice is to go by a channel.
func insertDelivery(tx *db.Tx, n *notice, c kinds.Channel, s State) error {
	_, err := tx.Exec(`INSERT INTO notify_delivery (subject, notice, channel, state, code, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		n.Subject, n.ID, string(c), string(s), "", clock.Micros(n.At))
	return err
}

// selectDelivery returns how a notice stands by a channel, empty if it does not
// go there.
func selectDelivery(tx *db.Tx, subject, id string, c kinds.Channel) (s State, err error) {
	err = tx.QueryRow(`SELECT state FROM notify_delivery WHERE subject = $1 AND notice = $2 AND channel = $3`, subject, id, string(c)).Scan(&s)
	if errors.Is(err, db.ErrNoRows) {
		return "", nil
	}
	return s, err
}

// moveDelivery takes a delivery from a state to another, and reports whether it
// stood there.
func moveDelivery(tx *db.Tx, n *notice, c kinds.Channel, from, to State, code string, now time.Time) (bool, error) {
	count, err := tx.Exec(`UPDATE notify_delivery SET state = $1, code = $2, at = $3 WHERE subject = $4 AND notice = $5 AND channel = $6 AND state = $7`,
		string(to), code, clock.Micros(now), n.Subject, n.ID, string(c), string(from))
	return count == 1, err
}

// cancelDeliveries ends what waits to be sent to somebody of a kind.
func cancelDeliveries(tx *db.Tx, subject, kind string, now time.Time) error {
	_, err := tx.Exec(`UPDATE notify_delivery SET state = $1, code = '', at = $2 WHERE subject = $3 AND state IN ($4, $5)
		AND notice IN (SELECT id FROM notify_notice WHERE subject = $3 AND kind = $6)`,
		string(Unneeded), clock.Micros(now), subject, string(Waiting), string(Failed), kind)
	return err
}

func selectChoices(tx *db.Tx, subject string) (list []Choice, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var c Choice
		var wanted int64
		err := r.Scan(&c.Kind, &c.Channel, &wanted)
		c.Wanted = wanted != 0
		list = append(list, c)
		return err
	}, `SELECT kind, channel, wanted FROM notify_choice WHERE subject = $1`, subject)
	return list, err
}

// selectLanguage returns the language in which somebody is written to, empty
// if nobody knows.
func selectLanguage(tx *db.Tx, subject string) (lang string, chosen bool, err error) {
	var c int64
	err = tx.QueryRow(`SELECT lang, chosen FROM notify_language WHERE subject = $1`, subject).Scan(&lang, &c)
	if errors.Is(err, db.ErrNoRows) {
		return "", false, nil
	}
	return lang, c != 0, err
}

func putChoice(tx *db.Tx, subject string, c Choice, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO notify_choice (subject, kind, channel, wanted, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject, kind, channel) DO UPDATE SET wanted = excluded.wanted, at = excluded.at`,
		subject, c.Kind, string(c.Channel), bit(c.Wanted), clock.Micros(now))
	return err
}

// selectPage returns notices of somebody before one (empty: the newest), the
// newest first.
func selectPage(tx *db.Tx, subject, before string, limit int) (list []notice, err error) {
	if before == "" {
		before = "~" // behind every id
	}
	err = tx.Select(func(r *db.Rows) error {
		n, err := scanNotice(r.Scan)
		list = append(list, n)
		return err
	}, `SELECT `+noticeColumns+` FROM notify_notice WHERE subject = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, subject, before, limit)
	return list, err
}

func countUnread(tx *db.Tx, subject string) (n int, err error) {
	err = tx.QueryRow(`SELECT COUNT(id) FROM notify_notice WHERE subject = $1 AND read_at IS NULL`, subject).Scan(&n)
	return n, err
}

// markRead notes that somebody has read a notice, or all of them (empty).
func markRead(tx *db.Tx, subject, id string, now time.Time) error {
	query, args := `UPDATE notify_notice SET read_at = $1 WHERE subject = $2 AND read_at IS NULL`, []any{clock.Micros(now), subject}
	if id != "" {
		query, args = query+` AND id = $3`, append(args, id)
	}
	_, err := tx.Exec(query, args...)
	return err
}

// selectUnshown returns what somebody is to be told on the next page.
func selectUnshown(tx *db.Tx, subject string, limit int) (list []notice, err error) {
	err = tx.Select(func(r *db.Rows) error {
		n, err := scanNotice(r.Scan)
		list = append(list, n)
		return err
	}, `SELECT `+noticeColumns+` FROM notify_notice WHERE subject = $1 AND read_at IS NULL AND page = 0 ORDER BY id LIMIT $2`, subject, limit)
	return list, err
}

// markShown notes that a notice was shown on a page, and reports whether no
// other page did.
func markShown(tx *db.Tx, n *notice, now time.Time) (bool, error) {
	count, err := tx.Exec(`UPDATE notify_notice SET page = $1 WHERE subject = $2 AND id = $3 AND page = 0`, clock.Micros(now), n.Subject, n.ID)
	return count == 1, err
}

// selectDeliveries returns how notices about something went, the newest first.
func selectDeliveries(tx *db.Tx, subject, about, id string) (list []Delivery, err error) {
	what, value := "n.about", about
	if id != "" {
		what, value = "n.id", id
	}
	err = tx.Select(func(r *db.Rows) error {
		var d Delivery
		var at int64
		err := r.Scan(&d.Notice, &d.Kind, &d.Channel, &d.State, &at)
		d.At = clock.FromMicros(at)
		list = append(list, d)
		return err
	}, `SELECT n.id, n.kind, d.channel, d.state, d.at FROM notify_notice n JOIN notify_delivery d ON d.subject = n.subject AND d.notice = n.id
		WHERE n.subject = $1 AND `+what+` = $2 ORDER BY n.id DESC, d.channel LIMIT 200`, subject, value)
	return list, err
}

// selectMailed returns the notice that was sent as an e-mail under a
// Message-ID; one that does not exist has no id.
func selectMailed(tx *db.Tx, id string) (n notice, err error) {
	var subject string
	err = tx.QueryRow(`SELECT subject FROM notify_delivery WHERE notice = $1 AND channel = $2`, id, string(kinds.Email)).Scan(&subject)
	if errors.Is(err, db.ErrNoRows) {
		return notice{}, nil
	}
	if err != nil {
		return notice{}, err
	}
	return selectNotice(tx, subject, id)
}

// selectNews returns how far each item of news was told, and since when that is
// noted: zero if it never was.
func selectNews(tx *db.Tx) (known map[string]telling, since time.Time, err error) {
	known = map[string]telling{}
	err = tx.Select(func(r *db.Rows) error {
		var one telling
		var done, at int64
		err := r.Scan(&one.Item, &one.Cursor, &done, &at)
		if one.Done, one.At = done != 0, clock.FromMicros(at); one.Item == "" {
			since = one.At
		} else {
			known[one.Item] = one
		}
		return err
	}, `SELECT item, cursor, done, at FROM notify_news`)
	return known, since, err
}

// insertNews notes an item that is not noted yet; the one without an id says
// since when items are noted. It reports whether it was not noted before.
func insertNews(tx *db.Tx, one telling, now time.Time) (bool, error) {
	count, err := tx.Exec(`INSERT INTO notify_news (item, cursor, done, at) VALUES ($1, $2, $3, $4) ON CONFLICT (item) DO NOTHING`,
		one.Item, one.Cursor, bit(one.Done), clock.Micros(now))
	return count == 1, err
}

// moveNews notes how far an item was told, and reports whether nobody else did.
func moveNews(tx *db.Tx, was, is telling) (bool, error) {
	count, err := tx.Exec(`UPDATE notify_news SET cursor = $1, done = $2 WHERE item = $3 AND cursor = $4 AND done = 0`,
		is.Cursor, bit(is.Done), was.Item, was.Cursor)
	return count == 1, err
}

// selectSubscribers returns people behind one, in order, who asked for a
// newsletter.
func selectSubscribers(tx *db.Tx, kind, after string, limit int) (list []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var subject string
		err := r.Scan(&subject)
		list = append(list, subject)
		return err
	}, `SELECT subject FROM notify_choice WHERE kind = $1 AND channel = $2 AND wanted = 1 AND subject > $3 ORDER BY subject LIMIT $4`,
		kind, string(subscription), after, limit)
	return list, err
}

// putLanguage keeps in which language somebody is written to. One that they
// only used takes the place of none that they chose.
func putLanguage(tx *db.Tx, subject, lang string, chosen bool, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO notify_language (subject, lang, chosen, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (subject) DO UPDATE SET lang = excluded.lang, chosen = excluded.chosen, at = excluded.at
		WHERE notify_language.chosen = 0 OR excluded.chosen = 1`,
		subject, lang, bit(chosen), clock.Micros(now))
	return err
}
