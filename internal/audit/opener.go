package audit

import (
	"fmt"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

// opener opens the events of one subject. Those of earlier years are under keys
// of their own, which are looked for when the first of them is met.
type opener struct {
	l       *Log
	tx      *db.Tx
	subject string
	boxes   []keys.Box
	older   bool // the keys of earlier years are among the boxes
	err     error
}

func (l *Log) opener(tx *db.Tx, subject string) *opener {
	o := &opener{l: l, tx: tx, subject: subject}
	box, err := l.keeper.Evidence(tx, subject)
	if o.err = err; err == nil {
		o.boxes = []keys.Box{box}
	}
	return o
}

// plain is what was sealed in an event, nil if its key was destroyed when its
// time was over.
func (o *opener) plain(s *stored) ([]byte, error) {
	for n := 0; ; n++ {
		if n == len(o.boxes) && !o.older {
			o.older = true
			more, err := o.l.keeper.Earlier(o.tx, o.subject)
			if err != nil {
				return nil, err
			}
			o.boxes = append(o.boxes, more...)
		}
		if n == len(o.boxes) {
			break
		}
		plain, err := o.boxes[n].Open(o.l.place(s.subject, s.n), s.sealed)
		if err == nil {
			return plain, nil
		}
		if o.err == nil {
			o.err = err
		}
	}
	gone, err := o.l.keeper.Gone(o.tx, s.subject, s.n, s.at)
	if err == nil && !gone {
		err = o.err
	}
	return nil, err
}

// open opens one sealed event and checks that it is what its row says. It
// reports false if nobody can open it any more, because its time was over.
func (o *opener) open(s *stored) (e Event, salt []byte, there bool, err error) {
	plain, err := o.plain(s)
	if err != nil {
		return Event{}, nil, false, fmt.Errorf("event %d: %w", s.n, err)
	}
	if plain == nil {
		return Event{}, nil, false, nil
	}
	e, salt, leaf, err := decode(plain)
	switch {
	case err != nil:
		return Event{}, nil, false, fmt.Errorf("event %d: %w", s.n, err)
	case string(leaf[:]) != string(s.leaf):
		return Event{}, nil, false, fmt.Errorf("event %d: its leaf is not that of its content", s.n)
	case e.Subject != s.subject || e.N != s.n || e.At != s.at:
		return Event{}, nil, false, fmt.Errorf("event %d: its row names another person, number or time", s.n)
	}
	return e, salt, true, nil
}
