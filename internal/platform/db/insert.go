package db

import (
	"fmt"
	"slices"
	"strings"
)

// Insert puts rows of so many columns, a hundred in a statement: into names the
// table and its columns, args are the values of all rows in their order.
func (t *Tx) Insert(into string, columns int, args []any) error {
	for some := range slices.Chunk(args, 100*columns) {
		if _, err := t.Exec(`INSERT INTO `+into+` VALUES `+Marks(1, columns, len(some)/columns), some...); err != nil {
			return err
		}
	}
	return nil
}

// Marks are the parameters of rows of so many columns, from the n-th parameter
// on, for VALUES or, as one row, for IN: ($1, $2), ($3, $4).
func Marks(n, columns, rows int) string {
	return each(n, columns, rows, "(", ", ", ")", ", ", func(n, _ int) string { return fmt.Sprintf("$%d", n) })
}

// OneOf is the condition that columns have the values of one of the rows, as
// parameters from the n-th on: ((a = $1 AND b = $2) OR (a = $3 AND b = $4)).
// Both engines look each of them up in an index, whatever they know of the table.
func OneOf(n, rows int, columns ...string) string {
	return "(" + each(n, len(columns), rows, "(", " AND ", ")", " OR ", func(n, c int) string { return fmt.Sprintf("%s = $%d", columns[c], n) }) + ")"
}

func each(n, columns, rows int, opens, joins, closes, between string, one func(n, column int) string) string {
	var b strings.Builder
	for i := range columns * rows {
		switch {
		case i == 0:
			b.WriteString(opens)
		case i%columns == 0:
			b.WriteString(closes + between + opens)
		default:
			b.WriteString(joins)
		}
		b.WriteString(one(n+i, i%columns))
	}
	return b.String() + closes
}
