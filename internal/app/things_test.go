package app

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"portico/internal/holdings"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/retention"
)

// said are the columns by which a row is of its kind.
var said = map[string]map[string]any{
	"registration":   {"realm": "person", "state": "confirmed"},
	holdings.Account: {"realm": "person", "state": "open"},
	holdings.Staff:   {"realm": "staff", "state": "open"},
	"file":           {"state": "clean"},
	"upload":         {"state": "received"},
}

// things is one thing of each kind that goes alone, and one that stays; a draft
// that is sent, and something of which rows are left when the backup is made.
type things struct {
	gone, stays map[string]holdings.Item
	sent, swept holdings.Item
}

// every calls do for each kind that is kept: a new one is tried because it is
// there. The evidence of somebody is a key and no row: it goes in its own test.
func every(do func(k holdings.Kind)) {
	for _, k := range holdings.New(Kept()).Kinds() {
		if k.Table != "vault_scope" && !k.Shadow {
			do(k)
		}
	}
}

// keepsThings gives a person things of every kind, as rows alone.
func (w *town) keepsThings() {
	w.things = things{gone: map[string]holdings.Item{}, stays: map[string]holdings.Item{}}
	w.in("give things", func(tx *db.Tx) (err error) {
		person, err := w.vault.NewSubject(tx)
		every(func(k holdings.Kind) {
			for goes, to := range map[bool]map[string]holdings.Item{true: w.things.gone, false: w.things.stays} {
				one := person
				if err == nil && k.ID == "" {
					one, err = w.vault.NewSubject(tx)
				}
				if err == nil {
					to[k.Name], err = w.thing(tx, k, one, goes)
				}
			}
			if err == nil && k.Name == policy.KindDraft {
				w.sent, err = w.thing(tx, k, person, false)
			}
			if err == nil && k.Name == policy.KindCase {
				w.swept, err = w.thing(tx, k, person, true)
			}
		})
		return err
	})
	w.in("dispose of something", func(tx *db.Tx) error {
		_, err := w.keeps.Of(tx, w.swept.Kind, w.swept.Subject, w.swept.ID, holdings.BecauseDue)
		return err
	})
}

// thing puts a row of a kind and its key there, and a row of each of its parts
// if it is to go.
func (w *town) thing(tx *db.Tx, k holdings.Kind, subject string, goes bool) (i holdings.Item, err error) {
	i = holdings.Item{Kind: k.Name, Subject: subject, ID: subject, Scope: k.Scope}
	row := map[string]any{"subject": subject}
	if k.ID != "" {
		i.ID = id.New(w.clock.Now())
		row[k.ID] = i.ID
		if k.Scope != "" {
			i.Scope += i.ID
		}
	}
	for column, value := range said[k.Name] {
		row[column] = value
	}
	if err = w.row(tx, k.Table, row); err == nil && i.Scope != "" && k.ID != "" {
		err = w.vault.NewScope(tx, subject, i.Scope)
	}
	for _, p := range k.Parts {
		part := map[string]any{"subject": subject, p.By: i.ID}
		if p.Scope {
			part[p.By] = i.Scope
		}
		if err == nil && goes {
			err = w.row(tx, p.Table, part)
		}
	}
	return i, err
}

// row inserts a row of what a column can hold where it must hold something.
func (w *town) row(tx *db.Tx, table string, row map[string]any) error {
	query := `SELECT name, lower(type), "notnull" FROM pragma_table_info($1)`
	if tx.Engine() == db.Postgres {
		query = `SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT), CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END
			FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1`
	}
	if err := tx.Select(func(r *db.Rows) error {
		var column, holds string
		var must int
		if err := r.Scan(&column, &holds, &must); err != nil || must == 0 || row[column] != nil {
			return err
		}
		switch holds {
		case "text":
			row[column] = id.New(w.clock.Now())
		case "bigint", "integer":
			row[column] = int64(1)
		default:
			bytes := make([]byte, 32)
			_, _ = rand.Read(bytes)
			row[column] = bytes
		}
		return nil
	}, query, table); err != nil {
		return err
	}
	var columns, marks []string
	var values []any
	for column, value := range row {
		columns, values = append(columns, column), append(values, value)
		marks = append(marks, fmt.Sprintf("$%d", len(values)))
	}
	if _, err := tx.Exec(`INSERT INTO `+table+` (`+strings.Join(columns, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`)`, values...); err != nil {
		return fmt.Errorf("a row of %s: %w", table, err)
	}
	return nil
}

// thingsGo are the losses of one thing of each kind.
func thingsGo() (all []loss) {
	every(func(k holdings.Kind) {
		l := loss{name: "a thing goes alone: " + k.Name, at: "vault.erased", kind: ledger.Erase}
		if k.Scope == "" {
			l.at, l.kind = "retention.take", ledger.Dispose
		}
		l.take = func(w *town) error { return w.goes(k.Name, w.things.gone[k.Name]) }
		l.there = func(w *town, tx *db.Tx) (bool, error) { return w.isThere(tx, w.things.gone[k.Name]) }
		all = append(all, l)
	})
	return append(all, loss{"a draft is sent, and goes as a case", "vault.erased", ledger.Erase, (*town).becomes,
		func(w *town, tx *db.Tx) (bool, error) { return w.isThere(tx, w.sent) }})
}

// goes disposes of a thing, whatever kind it is by now, and sweeps its rows.
func (w *town) goes(kind string, i holdings.Item) error {
	var d *retention.Disposal
	err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		now, found, err := w.holdings.Find(tx, w.policy(), kind, i.Subject, i.ID)
		if err != nil || !found {
			return fmt.Errorf("it is not there (%w)", err)
		}
		d, err = w.keeps.Dispose(tx, []holdings.Item{now}, retention.Why{Because: holdings.BecauseDue})
		return err
	})
	if err != nil {
		return err
	}
	return w.keeps.Sweep(w.t.Context(), d.ID)
}

// becomes makes a case of a draft, as sending it does, and has the case go: a
// backup from before knows the draft alone.
func (w *town) becomes() error {
	w.in("send a draft", func(tx *db.Tx) error {
		if _, err := tx.Exec(`DELETE FROM drafts_draft WHERE subject = $1 AND id = $2`, w.sent.Subject, w.sent.ID); err != nil {
			return err
		}
		return w.row(tx, "cases_case", map[string]any{"subject": w.sent.Subject, "id": w.sent.ID})
	})
	return w.goes(policy.KindCase, w.sent)
}

// isThere reports whether there is a row of a thing.
func (w *town) isThere(tx *db.Tx, i holdings.Item) (bool, error) {
	_, found, err := w.holdings.Find(tx, w.policy(), i.Kind, i.Subject, i.ID)
	if err != nil || found {
		return found, err
	}
	left, err := w.holdings.Left(tx, i)
	if err != nil || left > 0 || i.Scope == "" {
		return left > 0, err
	}
	keys, values, err := w.vault.Left(tx, i.Subject, i.Scope)
	return keys+values > 0, err
}

// missing are the kinds of things that nobody took away and that are not there.
func (w *town) missing() (kinds []string) {
	w.in("look what stays", func(tx *db.Tx) error {
		kinds = nil
		for kind, i := range w.things.stays {
			_, found, err := w.holdings.Find(tx, w.policy(), kind, i.Subject, i.ID)
			if err != nil {
				return err
			}
			if !found {
				kinds = append(kinds, kind)
			}
		}
		slices.Sort(kinds)
		return nil
	})
	return kinds
}

// sweeps reports whether the rows of what was disposed of before the backup are
// being removed: no official is asked first, for that reaches nobody outside.
func (w *town) sweeps() bool { return w.jobs(`kind = 'retention.sweep' AND dead IS NULL`) > 0 }

// jobs counts those that are as a condition says.
func (w *town) jobs(where string) (n int64) {
	w.in("count jobs", func(tx *db.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM jobs_job WHERE ` + where).Scan(&n)
	})
	return n
}
