package holdings

import (
	"slices"
	"strings"

	"portico/internal/platform/db"
)

// Row is what a row says of a thing, by column, beside what is sealed.
type Row struct {
	Table string
	Says  map[string]any
}

// Rows are what the rows of a person's things say, in the order of Held: of each
// its own, and those that belong to it. Columns are those of a table that say
// something which anybody may read; what is empty, or no text or number, is left
// out.
func (r *Registry) Rows(tx *db.Tx, held []Item, columns func(table string) []string) ([][]Row, error) {
	all := make([][]Row, len(held))
	if len(held) == 0 {
		return all, nil
	}
	for j := range r.kinds {
		k := &r.kinds[j]
		mine := func(value string, scope bool) int {
			return slices.IndexFunc(held, func(i Item) bool {
				return i.Kind == k.Name && (value == i.ID && !scope || scope && value == i.Scope)
			})
		}
		if k.Shadow || !slices.ContainsFunc(held, func(i Item) bool { return i.Kind == k.Name }) {
			continue
		}
		for n, p := range append([]Part{{Table: k.Table, By: k.id()}}, k.Parts...) {
			says := columns(p.Table)
			if len(says) == 0 {
				continue
			}
			s := &statement{}
			s.add("SELECT "+p.By+", "+strings.Join(says, ", ")+" FROM "+p.Table+" WHERE subject = ?", held[0].Subject)
			if n == 0 && k.Where != "" {
				s.add(" AND (" + k.Where + ")")
			}
			if err := tx.Select(func(rows *db.Rows) error {
				var of string
				values := make([]any, len(says))
				to := []any{&of}
				for i := range values {
					to = append(to, &values[i])
				}
				if err := rows.Scan(to...); err != nil {
					return err
				}
				row := Row{p.Table, map[string]any{}}
				for i, v := range values {
					if _, bytes := v.([]byte); v != nil && v != "" && !bytes {
						row.Says[says[i]] = v
					}
				}
				if i := mine(of, p.Scope); i >= 0 {
					all[i] = append(all[i], row)
				}
				return nil
			}, s.text.String()+" ORDER BY "+p.By+", "+strings.Join(says, ", "), s.args...); err != nil {
				return nil, wrap("read the rows of", k, err)
			}
		}
	}
	return all, nil
}
