package audit

import (
	"errors"
	"fmt"
	"slices"

	"portico/internal/keys"
	"portico/internal/platform/db"
)

func insertEvents(tx *db.Tx, list []stored) error {
	args := make([]any, 0, 5*len(list))
	for _, s := range list {
		args = append(args, s.subject, s.n, s.at, s.leaf, s.sealed)
	}
	return tx.Insert(`audit_event (subject, n, at, leaf, sealed)`, 5, args)
}

// insertEventIf inserts an event if guard returns a row. The parameters of
// guard come first.
func insertEventIf(tx *db.Tx, s stored, own bool, guard string, args []any) (bool, error) {
	k := len(args)
	used := ""
	if own {
		used = fmt.Sprintf(`, used AS (INSERT INTO audit_use (subject, n) SELECT $%d, $%d FROM passed)`, k+1, k+2)
	}
	query := fmt.Sprintf(`WITH passed AS (%s)%s INSERT INTO audit_event (subject, n, at, leaf, sealed)
		SELECT $%d, $%d, $%d, $%d, $%d FROM passed`, guard, used, k+1, k+2, k+3, k+4, k+5)
	n, err := tx.Exec(query, append(slices.Clone(args), s.subject, s.n, s.at, s.leaf, s.sealed)...)
	return n == 1, err
}

// insertMoment notes that an event is a moment of an account.
func insertMoment(tx *db.Tx, subject string, n int64) error {
	_, err := tx.Exec(`INSERT INTO audit_moment (subject, n) VALUES ($1, $2) ON CONFLICT (subject, n) DO NOTHING`, subject, n)
	return err
}

// insertUse notes that an event is the person's own use of an application.
func insertUse(tx *db.Tx, subject string, n int64) error {
	_, err := tx.Exec(`INSERT INTO audit_use (subject, n) VALUES ($1, $2) ON CONFLICT (subject, n) DO NOTHING`, subject, n)
	return err
}

// selectMoments is selectEvents for the moments of an account.
func selectMoments(tx *db.Tx, subject string, before int64, limit int) ([]stored, error) {
	return selectNoted(tx, subject, before, limit, `SELECT n FROM audit_moment WHERE subject = $1 AND n < $2`)
}

// selectUses is selectEvents for the person's own uses of applications.
func selectUses(tx *db.Tx, subject string, before int64, limit int) ([]stored, error) {
	return selectNoted(tx, subject, before, limit, `SELECT n FROM audit_use WHERE subject = $1 AND n < $2`)
}

// selectBoth is selectEvents for moments and uses.
func selectBoth(tx *db.Tx, subject string, before int64, limit int) ([]stored, error) {
	return selectNoted(tx, subject, before, limit, `SELECT n FROM audit_moment WHERE subject = $1 AND n < $2
		UNION ALL SELECT n FROM audit_use WHERE subject = $1 AND n < $2`)
}

// selectNoted returns the events whose numbers were noted, the newest first.
func selectNoted(tx *db.Tx, subject string, before int64, limit int, numbers string) (events []stored, err error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	err = tx.Select(func(r *db.Rows) error {
		s := stored{subject: subject, index: -1}
		err := r.Scan(&s.n, &s.at, &s.leaf, &s.sealed)
		events = append(events, s)
		return err
	}, `SELECT e.n, e.at, e.leaf, e.sealed FROM (`+numbers+` ORDER BY n DESC LIMIT $3) m
		JOIN audit_event e ON e.subject = $1 AND e.n = m.n ORDER BY e.n DESC`, subject, before, limit)
	return events, err
}

// selectUnnoted returns up to which number nobody noted which of a subject's
// events are what.
func selectUnnoted(tx *db.Tx, subject string) (n int64, err error) {
	err = tx.QueryRow(`SELECT n FROM audit_unnoted WHERE subject = $1`, subject).Scan(&n)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// stored is one event as it stands in the store, with its place in the tree.
type stored struct {
	subject string
	n       int64
	at      int64
	leaf    []byte
	sealed  []byte
	index   int64 // -1 if it has none
	pending bool
}

// selectEvents returns a subject's events with numbers below before, the
// newest first. Where they stand in the tree is not looked up.
func selectEvents(tx *db.Tx, subject string, before int64, limit int) (events []stored, err error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	err = tx.Select(func(r *db.Rows) error {
		s := stored{subject: subject, index: -1}
		err := r.Scan(&s.n, &s.at, &s.leaf, &s.sealed)
		events = append(events, s)
		return err
	}, `SELECT n, at, leaf, sealed FROM audit_event WHERE subject = $1 AND n < $2 ORDER BY n DESC LIMIT $3`, subject, before, limit)
	return events, err
}

// selectBehind returns a subject's events with numbers behind one, the oldest
// first.
func selectBehind(tx *db.Tx, subject string, behind int64, limit int) (events []stored, err error) {
	err = tx.Select(func(r *db.Rows) error {
		s := stored{subject: subject, index: -1}
		err := r.Scan(&s.n, &s.at, &s.leaf, &s.sealed)
		events = append(events, s)
		return err
	}, `SELECT n, at, leaf, sealed FROM audit_event WHERE subject = $1 AND n > $2 ORDER BY n LIMIT $3`, subject, behind, limit)
	return events, err
}

func selectEvent(tx *db.Tx, subject string, n int64) (stored, error) {
	s := stored{subject: subject, n: n}
	err := tx.QueryRow(`SELECT e.at, e.leaf, e.sealed, coalesce(l.idx, -1) FROM audit_event e
		LEFT JOIN audit_leaf l ON l.subject = e.subject AND l.n = e.n
		WHERE e.subject = $1 AND e.n = $2`, subject, n).Scan(&s.at, &s.leaf, &s.sealed, &s.index)
	if errors.Is(err, db.ErrNoRows) {
		return s, errNoEvent
	}
	return s, err
}

// tree is the row that says how large the tree is and what was signed.
type tree struct {
	size       int64
	root       []byte
	signed     int64
	checkpoint string
}

// errNoTree says that the log's own row was taken out.
var errNoTree = errors.New("the row of audit_tree is gone: restore the database from a backup")

func selectTree(tx *db.Tx) (t tree, err error) {
	err = tx.QueryRow(`SELECT size, root, signed, checkpoint FROM audit_tree WHERE one = 1`).
		Scan(&t.size, &t.root, &t.signed, &t.checkpoint)
	if errors.Is(err, db.ErrNoRows) {
		err = errNoTree
	}
	return t, err
}

// Size is the size of the tree and its root, as a transaction sees them.
func Size(tx *db.Tx) (keys.State, error) {
	t, err := selectTree(tx)
	return keys.State{Size: t.size, Root: t.root}, err
}

// errMoved says that another integrator was faster.
var errMoved = errors.New("another integrator moved the tree")

// lockTree makes other integrators wait for this transaction, where the
// engine has more than one writer. The fence is advanceTree.
func lockTree(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE audit_tree SET signed = signed WHERE one = 1`)
	return err
}

// takePending moves waiting leaves, limit at the most, to the end of a tree of
// this size, and returns them in their new order: by leaf, which is random.
func takePending(tx *db.Tx, size int64, limit int) ([][32]byte, error) {
	added, err := tx.Exec(`INSERT INTO audit_leaf (idx, leaf, subject, n)
		SELECT $1 - 1 + row_number() OVER (ORDER BY p.leaf), p.leaf, p.subject, p.n
		FROM (SELECT leaf, subject, n FROM audit_pending ORDER BY leaf LIMIT $2) p`, size, limit)
	if err != nil || added == 0 {
		return nil, err
	}
	gone, err := tx.Exec(`DELETE FROM audit_pending WHERE leaf IN (SELECT leaf FROM audit_leaf WHERE idx >= $1)`, size)
	if err != nil {
		return nil, err
	}
	if gone != added {
		return nil, fmt.Errorf("%d leaves entered the tree and %d left the queue", added, gone)
	}
	return selectLeaves(tx, size, size+added)
}

// selectLeaves returns the leaves from one index up to, without, another.
func selectLeaves(tx *db.Tx, from, to int64) ([][32]byte, error) {
	leaves := make([][32]byte, 0, to-from)
	err := tx.Select(func(r *db.Rows) error {
		var idx int64
		var leaf []byte
		if err := r.Scan(&idx, &leaf); err != nil {
			return err
		}
		if idx != from+int64(len(leaves)) || len(leaf) != 32 {
			return fmt.Errorf("leaf %d of the log is missing", from+int64(len(leaves)))
		}
		leaves = append(leaves, [32]byte(leaf))
		return nil
	}, `SELECT idx, leaf FROM audit_leaf WHERE idx >= $1 AND idx < $2 ORDER BY idx`, from, to)
	if err == nil && int64(len(leaves)) != to-from {
		err = fmt.Errorf("leaf %d of the log is missing", from+int64(len(leaves)))
	}
	return leaves, err
}

// advanceTree is the fence: it moves the tree from one size to another only if
// it still has the first.
func advanceTree(tx *db.Tx, from, to int64, root []byte) error {
	n, err := tx.Exec(`UPDATE audit_tree SET size = $1, root = $2 WHERE one = 1 AND size = $3`, to, root, from)
	if err == nil && n != 1 {
		err = errMoved
	}
	return err
}

// putCheckpoint keeps a signed checkpoint, if it is not smaller than the one
// that is kept.
func putCheckpoint(tx *db.Tx, size int64, checkpoint string) error {
	_, err := tx.Exec(`UPDATE audit_tree SET signed = $1, checkpoint = $2 WHERE one = 1 AND signed <= $1`, size, checkpoint)
	return err
}

// adoptLeaf puts a published leaf into its place: that of an event which waits
// for the tree, or of one that a restore did not bring back: that something
// happened then stays in the tree for ever, of nobody. It reports which.
func adoptLeaf(tx *db.Tx, index int64, leaf [32]byte) (known bool, err error) {
	n, err := tx.Exec(`INSERT INTO audit_leaf (idx, leaf, subject, n) SELECT $1, p.leaf, p.subject, p.n FROM audit_pending p WHERE p.leaf = $2`, index, leaf[:])
	if err != nil || n > 0 {
		if err == nil {
			_, err = tx.Exec(`DELETE FROM audit_pending WHERE leaf = $1`, leaf[:])
		}
		return true, err
	}
	_, err = tx.Exec(`INSERT INTO audit_leaf (idx, leaf, subject, n) VALUES ($1, $2, 'lost', $1)`, index, leaf[:])
	return false, err
}

// countLost is how many leaves have no event since a restore.
func countLost(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM audit_leaf WHERE subject = 'lost'`).Scan(&n)
	return n, err
}

func selectTile(tx *db.Tx, level int, n int64) ([]byte, error) {
	var hashes []byte
	err := tx.QueryRow(`SELECT hashes FROM audit_tile WHERE level = $1 AND n = $2`, level, n).Scan(&hashes)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return hashes, err
}

func putTile(tx *db.Tx, level int, n int64, hashes []byte) error {
	_, err := tx.Exec(`INSERT INTO audit_tile (level, n, hashes) VALUES ($1, $2, $3)
		ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes`, level, n, hashes)
	return err
}

func countPending(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM audit_pending`).Scan(&n)
	return n, err
}

// selectOldest returns when the oldest event that waits for the tree, or for
// the tree to be signed, was written; nil if none waits.
func selectOldest(tx *db.Tx, signed int64) (at *int64, err error) {
	err = tx.QueryRow(`SELECT min(e.at) FROM (
		SELECT subject, n FROM audit_pending UNION ALL SELECT subject, n FROM audit_leaf WHERE idx >= $1) w
		JOIN audit_event e ON e.subject = w.subject AND e.n = w.n`, signed).Scan(&at)
	return at, err
}

func countLeavesBeyond(tx *db.Tx, size int64) (n int64, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM audit_leaf WHERE idx >= $1 OR idx < 0`, size).Scan(&n)
	return n, err
}

// selectLeafEvents returns the events of a range of leaves; one that is gone,
// or has another leaf, comes without a leaf.
func selectLeafEvents(tx *db.Tx, from, to int64) (events []stored, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s stored
		err := r.Scan(&s.index, &s.subject, &s.n, &s.at, &s.leaf, &s.sealed)
		events = append(events, s)
		return err
	}, `SELECT l.idx, l.subject, l.n, coalesce(e.at, 0), e.leaf, e.sealed FROM audit_leaf l
		LEFT JOIN audit_event e ON e.subject = l.subject AND e.n = l.n AND e.leaf = l.leaf
		WHERE l.idx >= $1 AND l.idx < $2 AND l.subject <> 'lost' ORDER BY l.idx`, from, to)
	return events, err
}

// selectPendingEvents returns the events that wait, as selectLeafEvents does.
func selectPendingEvents(tx *db.Tx, limit int) (events []stored, err error) {
	err = tx.Select(func(r *db.Rows) error {
		s := stored{index: -1, pending: true}
		err := r.Scan(&s.subject, &s.n, &s.at, &s.leaf, &s.sealed)
		events = append(events, s)
		return err
	}, `SELECT p.subject, p.n, coalesce(e.at, 0), e.leaf, e.sealed FROM audit_pending p
		LEFT JOIN audit_event e ON e.subject = p.subject AND e.n = p.n AND e.leaf = p.leaf
		ORDER BY p.leaf LIMIT $1`, limit)
	return events, err
}

// selectLast is the number of a subject's last event.
func selectLast(tx *db.Tx, subject string) (n int64, err error) {
	err = tx.QueryRow(`SELECT coalesce(max(n), 0) FROM audit_event WHERE subject = $1`, subject).Scan(&n)
	return n, err
}

// selectLostLeaves reports leaves whose event is gone or has another leaf.
func selectLostLeaves(tx *db.Tx, fault func(string)) error {
	return tx.Select(func(r *db.Rows) error {
		var index int64
		err := r.Scan(&index)
		fault(fmt.Sprintf("the event of leaf %d of the log is gone, or has another leaf", index))
		return err
	}, `SELECT l.idx FROM audit_leaf l
		LEFT JOIN audit_event e ON e.subject = l.subject AND e.n = l.n AND e.leaf = l.leaf
		WHERE e.subject IS NULL AND l.subject <> 'lost' ORDER BY l.idx`)
}

// pageEvents returns the events behind a person's number, in the order of
// people and numbers.
func pageEvents(tx *db.Tx, subject string, n int64, limit int) (events []stored, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var s stored
		err := r.Scan(&s.subject, &s.n, &s.at, &s.leaf, &s.sealed, &s.index, &s.pending)
		events = append(events, s)
		return err
	}, `SELECT e.subject, e.n, e.at, e.leaf, e.sealed, coalesce(l.idx, -1), p.leaf IS NOT NULL
		FROM audit_event e
		LEFT JOIN audit_leaf l ON l.subject = e.subject AND l.n = e.n
		LEFT JOIN audit_pending p ON p.leaf = e.leaf AND p.subject = e.subject AND p.n = e.n
		WHERE (e.subject, e.n) > ($1, $2) ORDER BY e.subject, e.n LIMIT $3`, subject, n, limit)
	return events, err
}
