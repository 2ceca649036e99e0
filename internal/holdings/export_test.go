package holdings

import "portico/internal/platform/db"

// Plan is how SQLite goes about Due.
func (r *Registry) Plan(tx *db.Tx, q Due) (plan []string, err error) {
	k, err := r.kind(q.Kind)
	if err != nil {
		return nil, err
	}
	s := k.dues(q)
	err = tx.Select(func(rows *db.Rows) error {
		var id, parent, unused int64
		var detail string
		err := rows.Scan(&id, &parent, &unused, &detail)
		plan = append(plan, detail)
		return err
	}, "EXPLAIN QUERY PLAN "+s.text.String(), s.args...)
	return plan, err
}
