package find

import "portico/internal/platform/db"

// Entered lists the applications that officials entered, each with whose it is,
// in the order of their ids after one of them.
func Entered(tx *db.Tx, after string, limit int) (list [][2]string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var one [2]string
		err := r.Scan(&one[0], &one[1])
		list = append(list, one)
		return err
	}, `SELECT subject, id FROM cases_case WHERE channel <> 'portal' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
	return list, err
}
