package holdings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/policy"
)

// statement is SQL that is put together, with its arguments in order.
type statement struct {
	text strings.Builder
	args []any
}

// add appends text in which each ? is the next argument.
func (s *statement) add(text string, args ...any) {
	for _, a := range args {
		s.args = append(s.args, a)
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(s.args)), 1)
	}
	s.text.WriteString(text)
}

// or is a column, or a constant where a kind has none.
func or(column, constant string) string {
	if column == "" {
		return constant
	}
	return column
}

// id is the column that names a thing of the kind.
func (k *Kind) id() string { return or(k.ID, "subject") }

// columns are what a thing of the kind is read by.
func (k *Kind) columns() string {
	list := []string{"subject", k.id(), or(k.Service, "''"), or(k.Outcome, "''"), or(k.Within, "''"), or(k.Revision, "0"), or(k.Reference, "''")}
	for _, e := range k.Events {
		list = append(list, e.value())
	}
	return strings.Join(list, ", ")
}

// value is when an event happened, as SQL.
func (e Event) value() string {
	if e.When == "" {
		return e.Column
	}
	return "CASE WHEN " + e.When + " THEN " + e.Column + " END"
}

// happened is the condition that an event happened, for the index on its column.
func (e Event) happened() string {
	if e.When == "" {
		return e.Column + " IS NOT NULL"
	}
	return e.When
}

// from begins a statement about things of the kind that meet a condition.
func (k *Kind) from(verb, where string, args ...any) *statement {
	s := &statement{}
	s.add(verb+" FROM "+k.Table+" WHERE "+where, args...)
	if k.Where != "" {
		s.add(" AND (" + k.Where + ")")
	}
	return s
}

func (k *Kind) read(tx *db.Tx, s *statement) (list []Item, err error) {
	err = tx.Select(func(r *db.Rows) error {
		i := Item{Kind: k.Name}
		times := make([]*int64, len(k.Events))
		var called *string
		to := []any{&i.Subject, &i.ID, &i.Service, &i.Outcome, &i.Within, &i.revision, &called}
		for j := range times {
			to = append(to, &times[j])
		}
		if err := r.Scan(to...); err != nil {
			return err
		}
		for _, t := range times {
			i.times = append(i.times, fromMicros(t))
		}
		if called != nil {
			i.Reference = *called
		}
		if i.Scope = k.Scope; k.ID != "" && k.Scope != "" {
			i.Scope += i.ID
		}
		if i.Within != "" {
			i.Within = k.Prefix + i.Within
		}
		list = append(list, i)
		return nil
	}, s.text.String(), s.args...)
	return list, err
}

// of returns a person's things of the kind.
func (k *Kind) of(tx *db.Tx, pol *policy.Policy, subject string) ([]Item, error) {
	s := k.from("SELECT "+k.columns(), "subject = ?", subject)
	s.add(" ORDER BY " + k.id())
	list, err := k.read(tx, s)
	for j := range list {
		k.govern(pol, &list[j])
	}
	return list, err
}

// atOnce is how many people or things a statement names.
const atOnce = 100

// any asks for all kinds in one statement.
func (r *Registry) any(tx *db.Tx, people []string) (map[string]bool, error) {
	var kept []string
	for j := range r.kinds {
		if k := &r.kinds[j]; !k.Outlives {
			kept = append(kept, "EXISTS ("+k.from("SELECT 1", "subject = person.id").text.String()+")")
		}
	}
	there := make(map[string]bool, len(people))
	for some := range slices.Chunk(people, atOnce) {
		var args []any
		for _, subject := range some {
			args = append(args, subject)
		}
		if err := tx.Select(func(rows *db.Rows) error {
			var subject string
			err := rows.Scan(&subject)
			there[subject] = true
			return err
		}, "WITH person (id) AS (VALUES "+db.Marks(1, 1, len(args))+") SELECT person.id FROM person WHERE "+strings.Join(kept, " OR "), args...); err != nil {
			return nil, err
		}
	}
	return there, nil
}

func (k *Kind) one(tx *db.Tx, subject, id string) ([]Item, error) {
	return k.read(tx, k.from("SELECT "+k.columns(), "subject = ? AND "+k.id()+" = ?", subject, id))
}

func (k *Kind) called(tx *db.Tx, reference string) ([]Item, error) {
	return k.read(tx, k.from("SELECT "+k.columns(), k.Reference+" = ?", reference))
}

// named returns the newest thing of somebody that people call anything.
func (k *Kind) named(tx *db.Tx, subject string) ([]Item, error) {
	s := k.from("SELECT "+k.columns(), "subject = ? AND "+k.Reference+" <> ''", subject)
	s.add(" ORDER BY " + k.id() + " DESC LIMIT 1")
	return k.read(tx, s)
}

// within returns the things of people that are part of something of these names:
// of theirs, or of the like of somebody else among them.
func (k *Kind) within(tx *db.Tx, people, values []any) (list []Item, err error) {
	for from := 0; from < len(people); from += atOnce {
		to := min(len(people), from+atOnce)
		n := to - from
		s := k.from("SELECT "+k.columns(), "subject IN "+db.Marks(1, n, 1)+" AND "+k.Within+" IN "+db.Marks(n+1, n, 1))
		s.args = append(slices.Clone(people[from:to]), values[from:to]...)
		s.add(" ORDER BY subject, " + k.id())
		some, err := k.read(tx, s)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// narrow adds what a question says.
func (k *Kind) narrow(s *statement, q Due) {
	if q.Service != "" {
		s.add(" AND "+or(k.Service, "''")+" = ?", q.Service)
	}
	if len(q.Outcomes) == 0 {
		return
	}
	verb := " IN ("
	if q.Others {
		verb = " NOT IN ("
	}
	s.add(" AND " + or(k.Outcome, "''") + verb)
	for j, o := range q.Outcomes {
		if j > 0 {
			s.add(", ")
		}
		s.add("?", o)
	}
	s.add(")")
}

// asked is the event that a question asks for.
func (k *Kind) asked(q Due) Event { return k.Events[k.event(policy.Retention{Event: q.Event})] }

func (k *Kind) due(tx *db.Tx, q Due) ([]Item, error) { return k.read(tx, k.dues(q)) }

// dues is the statement for due. It is to read an index on the event's column.
func (k *Kind) dues(q Due) *statement {
	event, after := k.asked(q), int64(0)
	column := event.Column
	if !q.After.IsZero() {
		after = clock.Micros(q.After)
	}
	s := k.from("SELECT "+k.columns(), event.happened()+" AND "+column+" < ? AND "+column+" >= ?", clock.Micros(q.Before), after)
	s.add(" AND ("+column+" > ? OR "+k.id()+" > ?)", after, q.AfterID)
	k.narrow(s, q)
	s.add(" ORDER BY "+column+", "+k.id()+" LIMIT ?", q.Limit)
	return s
}

func (k *Kind) count(tx *db.Tx, q Due) (n int64, err error) {
	s := k.from("SELECT count(*)", "1 = 1")
	if !q.Before.IsZero() {
		event := k.asked(q)
		s.add(" AND "+event.happened()+" AND "+event.Column+" < ?", clock.Micros(q.Before))
	}
	k.narrow(s, q)
	err = tx.QueryRow(s.text.String(), s.args...).Scan(&n)
	return n, err
}

// services are found by leaping from one to the next.
func (k *Kind) services(tx *db.Tx) (list []string, err error) {
	behind := ""
	for {
		var next *string
		s := k.from("SELECT min("+k.Service+")", k.Service+" > ?", behind)
		if err := tx.QueryRow(s.text.String(), s.args...).Scan(&next); err != nil || next == nil {
			return list, err
		}
		behind = *next
		list = append(list, behind)
	}
}

// take deletes things in one statement, if they are as they were.
func (k *Kind) take(tx *db.Tx, items []Item) (bool, error) {
	s := k.from("DELETE", "1 = 1")
	s.add(" AND (")
	for n, i := range items {
		if n > 0 {
			s.add(" OR ")
		}
		s.add("(subject = ? AND "+k.id()+" = ?", i.Subject, i.ID)
		for j, e := range k.Events {
			switch {
			case k.Revision != "": // says it
			case i.times[j].IsZero():
				s.add(" AND " + e.value() + " IS NULL")
			default:
				s.add(" AND "+e.value()+" = ?", clock.Micros(i.times[j]))
			}
		}
		if k.Revision != "" {
			s.add(" AND "+k.Revision+" = ?", i.revision)
		}
		s.add(")")
	}
	s.add(")")
	n, err := tx.Exec(s.text.String(), s.args...)
	return n == int64(len(items)), err
}

// name is what a part's rows know the thing by.
func (p Part) name(i Item) string {
	if p.Scope {
		return i.Scope
	}
	return i.ID
}

// sweep deletes rows of a part, those with the first keys. SQLite deletes a
// range in one pass where nothing has to be asked for meanwhile, three times as
// fast: there, the row behind the last is looked for before. On PostgreSQL that
// would be one more way there and back.
func (p Part) sweep(tx *db.Tx, i Item, limit int) (int, error) {
	rows, of := " FROM "+p.Table+" WHERE subject = ? AND "+p.By+" = ?", []any{i.Subject, p.name(i)}
	s := &statement{}
	s.add("DELETE"+rows, of...)
	if tx.Engine() == db.Postgres {
		s.add(" AND ("+p.Key+") <= (SELECT "+p.Key+" FROM (SELECT "+p.Key+rows+" ORDER BY "+p.Key+" LIMIT ?) r"+
			" ORDER BY "+strings.ReplaceAll(p.Key, ",", " DESC,")+" DESC LIMIT 1)", append(of, limit)...)
	} else {
		behind := &statement{}
		behind.add("SELECT "+p.Key+rows+" ORDER BY "+p.Key+" LIMIT 1 OFFSET ?", append(of, limit)...)
		key := make([]any, 1+strings.Count(p.Key, ","))
		into := make([]any, len(key))
		for n := range key {
			into[n] = &key[n]
		}
		switch err := tx.QueryRow(behind.text.String(), behind.args...).Scan(into...); {
		case err == nil:
			s.add(" AND ("+p.Key+") < (?"+strings.Repeat(", ?", len(key)-1)+")", key...)
		case !errors.Is(err, db.ErrNoRows): // there are no more than may go
			return 0, err
		}
	}
	n, err := tx.Exec(s.text.String(), s.args...)
	return int(n), err
}

func (p Part) left(tx *db.Tx, i Item) (n int64, err error) {
	s := &statement{}
	s.add("SELECT count(*) FROM "+p.Table+" WHERE subject = ? AND "+p.By+" = ?", i.Subject, p.name(i))
	err = tx.QueryRow(s.text.String(), s.args...).Scan(&n)
	return n, err
}
