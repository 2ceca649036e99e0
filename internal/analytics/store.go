package analytics

import "portico/internal/platform/db"

// addNumbers adds to what was counted.
func addNumbers(tx *db.Tx, k Key, n Numbers) error {
	_, err := tx.Exec(`INSERT INTO analytics_count (day, page, lang, views, entries, timed, seconds) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (day, page, lang) DO UPDATE SET views = analytics_count.views + excluded.views, entries = analytics_count.entries + excluded.entries,
			timed = analytics_count.timed + excluded.timed, seconds = analytics_count.seconds + excluded.seconds`,
		k.Day, k.Page, k.Lang, n.Views, n.Entries, n.Timed, n.Seconds)
	return err
}

// selectNumbers calls each with what was counted from a day on, in order.
func selectNumbers(tx *db.Tx, from string, each func(Key, Numbers)) error {
	return tx.Select(func(r *db.Rows) error {
		var k Key
		var n Numbers
		err := r.Scan(&k.Day, &k.Page, &k.Lang, &n.Views, &n.Entries, &n.Timed, &n.Seconds)
		if err == nil {
			each(k, n)
		}
		return err
	}, `SELECT day, page, lang, views, entries, timed, seconds FROM analytics_count WHERE day >= $1 ORDER BY day, page, lang`, from)
}

// deleteBefore deletes what was counted before a day.
func deleteBefore(tx *db.Tx, day string) error {
	_, err := tx.Exec(`DELETE FROM analytics_count WHERE day < $1`, day)
	return err
}
