package uploads

import (
	"errors"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

const fileColumns = `subject, id, scope, field, state, reason, kind, kinds, most, size, got, version, revision, name, created_at, changed_at, attached_at`

// scanned reads a row of fileColumns.
func scanned(scan func(...any) error) (*File, error) {
	var f File
	var state, reason, kind, kinds string
	var created, changed int64
	var attached *int64
	err := scan(&f.Subject, &f.ID, &f.Scope, &f.Field, &state, &reason, &kind, &kinds, &f.most, &f.Size, &f.Got,
		&f.version, &f.revision, &f.sealed, &created, &changed, &attached)
	if err != nil {
		return nil, err
	}
	f.State, f.Reason, f.Kind, f.kinds = State(state), Reason(reason), Kind(kind), kindsOf(kinds)
	f.Created, f.Changed = clock.FromMicros(created), clock.FromMicros(changed)
	if attached != nil {
		f.Attached = clock.FromMicros(*attached)
	}
	return &f, nil
}

func insertFile(tx *db.Tx, f *File) error {
	_, err := tx.Exec(`INSERT INTO uploads_file (subject, id, scope, field, state, reason, kind, kinds, most, size, got, version, revision, name, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		f.Subject, f.ID, f.Scope, f.Field, string(f.State), string(f.Reason), string(f.Kind), kindsText(f.kinds), f.most, f.Size, f.Got,
		f.version, f.revision, f.sealed, clock.Micros(f.Created), clock.Micros(f.Changed))
	return err
}

// selectFile returns a file by its id, or nil.
func selectFile(tx *db.Tx, id string) (*File, error) {
	f, err := scanned(tx.QueryRow(`SELECT `+fileColumns+` FROM uploads_file WHERE id = $1`, id).Scan)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	return f, err
}

// selectScope returns the files of a case, the oldest first. They are found by
// the case first: otherwise SQLite looks at all files of the person.
func selectScope(tx *db.Tx, subject, scope string) (list []*File, err error) {
	err = tx.Select(func(r *db.Rows) error {
		f, err := scanned(r.Scan)
		list = append(list, f)
		return err
	}, `SELECT `+fileColumns+` FROM uploads_file WHERE id IN (SELECT id FROM uploads_file WHERE scope = $1) AND subject = $2 AND scope = $1
		ORDER BY created_at, id`, scope, subject)
	return list, err
}

// selectLoose returns files of no submitted case that nothing was done with
// since a time, behind an id.
func selectLoose(tx *db.Tx, since time.Time, behind string, limit int) (list []*File, err error) {
	err = tx.Select(func(r *db.Rows) error {
		f, err := scanned(r.Scan)
		list = append(list, f)
		return err
	}, `SELECT `+fileColumns+` FROM uploads_file WHERE attached_at IS NULL AND changed_at < $1 AND id > $2 ORDER BY id LIMIT $3`,
		clock.Micros(since), behind, limit)
	return list, err
}

// updateFile writes what changes of a file, if nobody changed it since it was
// read.
func updateFile(tx *db.Tx, f *File, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE uploads_file SET state = $1, reason = $2, kind = $3, size = $4, got = $5, version = $6, revision = revision + 1, changed_at = $7
		WHERE subject = $8 AND id = $9 AND revision = $10`,
		string(f.State), string(f.Reason), string(f.Kind), f.Size, f.Got, f.version, clock.Micros(now), f.Subject, f.ID, f.revision)
	if n == 1 {
		f.revision++
		f.Changed = now
	}
	return n == 1, err
}

// attachFile notes that the file's case was submitted.
func attachFile(tx *db.Tx, f *File, now time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE uploads_file SET attached_at = $1 WHERE subject = $2 AND id = $3 AND state IN ('checking', 'clean')`,
		clock.Micros(now), f.Subject, f.ID)
	return n == 1, err
}

// deleteFile removes the row of a file, unless it changed since it was read.
func deleteFile(tx *db.Tx, f *File) (bool, error) {
	n, err := tx.Exec(`DELETE FROM uploads_file WHERE subject = $1 AND id = $2 AND revision = $3`, f.Subject, f.ID, f.revision)
	return n == 1, err
}

func insertPart(tx *db.Tx, f *File, version, n int64, blob string) error {
	_, err := tx.Exec(`INSERT INTO uploads_part (subject, file_id, version, n, blob) VALUES ($1, $2, $3, $4, $5)`, f.Subject, f.ID, version, n, blob)
	return err
}

// part is a blob of a version of a file.
type part struct {
	version int64
	blob    string
}

// selectParts returns the parts of all versions of a file, in order.
func selectParts(tx *db.Tx, f *File) (list []part, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var p part
		err := r.Scan(&p.version, &p.blob)
		list = append(list, p)
		return err
	}, `SELECT version, blob FROM uploads_part WHERE subject = $1 AND file_id = $2 ORDER BY version, n`, f.Subject, f.ID)
	return list, err
}

func deleteParts(tx *db.Tx, f *File) error {
	_, err := tx.Exec(`DELETE FROM uploads_part WHERE subject = $1 AND file_id = $2`, f.Subject, f.ID)
	return err
}

func deletePart(tx *db.Tx, f *File, blob string) error {
	_, err := tx.Exec(`DELETE FROM uploads_part WHERE subject = $1 AND file_id = $2 AND blob = $3`, f.Subject, f.ID, blob)
	return err
}

// hasBlob reports whether a blob is part of a file.
func hasBlob(tx *db.Tx, blob string) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM uploads_part WHERE blob = $1`, blob).Scan(&n)
	return n > 0, err
}
