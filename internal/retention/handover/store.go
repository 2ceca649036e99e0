package handover

import (
	"database/sql"
	"errors"
	"time"

	"portico/internal/holdings"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
)

func insertPackage(tx *db.Tx, p *Package) error {
	_, err := tx.Exec(`INSERT INTO handover_package (id, party, made_at, made_by, things) VALUES ($1, $2, $3, $4, $5)`,
		p.ID, p.Party, clock.Micros(p.Made), p.MadeBy, p.Things)
	return err
}

// insertThing puts a thing into a package, and reports false if it is in one.
func insertThing(tx *db.Tx, p *Package, i holdings.Item) (bool, error) {
	n, err := tx.Exec(`INSERT INTO handover_thing (subject, kind, item, package, since_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject, kind, item) DO NOTHING`, i.Subject, i.Kind, i.ID, p.ID, clock.Micros(i.Since))
	return n == 1, err
}

func hasThing(tx *db.Tx, i holdings.Item) (bool, error) {
	var n int64
	err := tx.QueryRow(`SELECT count(*) FROM handover_thing WHERE subject = $1 AND kind = $2 AND item = $3`, i.Subject, i.Kind, i.ID).Scan(&n)
	return n > 0, err
}

func deleteThing(tx *db.Tx, t thing) error {
	_, err := tx.Exec(`DELETE FROM handover_thing WHERE subject = $1 AND kind = $2 AND item = $3`, t.subject, t.kind, t.item)
	return err
}

// selectThings returns things of a package behind one, in their order.
func selectThings(tx *db.Tx, pkg string, after thing, limit int) (list []thing, err error) {
	err = tx.Select(func(r *db.Rows) error {
		t := thing{pkg: pkg}
		var since int64
		err := r.Scan(&t.subject, &t.kind, &t.item, &since)
		t.since = clock.FromMicros(since)
		list = append(list, t)
		return err
	}, `SELECT subject, kind, item, since_at FROM handover_thing WHERE package = $1 AND (subject, kind, item) > ($2, $3, $4)
		ORDER BY subject, kind, item LIMIT $5`, pkg, after.subject, after.kind, after.item, limit)
	return list, err
}

// leaveOut takes a thing out of a package.
func leaveOut(tx *db.Tx, t thing) error {
	n, err := tx.Exec(`DELETE FROM handover_thing WHERE subject = $1 AND kind = $2 AND item = $3 AND package = $4`, t.subject, t.kind, t.item, t.pkg)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(`UPDATE handover_package SET things = things - 1 WHERE id = $1`, t.pkg)
	return err
}

// openPackage notes that the download begins, and reports false if it did.
func openPackage(tx *db.Tx, pkg string, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE handover_package SET opened_at = $1 WHERE id = $2 AND opened_at IS NULL`, clock.Micros(at), pkg)
	return n == 1, err
}

func finishPackage(tx *db.Tx, pkg, sum string) error {
	_, err := tx.Exec(`UPDATE handover_package SET sha256 = $1 WHERE id = $2 AND sha256 IS NULL`, sum, pkg)
	return err
}

// acknowledge notes that the party has a package, and reports false if it was
// noted, or nobody has downloaded the whole of it.
func acknowledge(tx *db.Tx, pkg, by, reference string, at time.Time) (bool, error) {
	n, err := tx.Exec(`UPDATE handover_package SET acked_at = $1, acked_by = $2, reference = $3 WHERE id = $4 AND sha256 IS NOT NULL AND acked_at IS NULL`,
		clock.Micros(at), by, reference, pkg)
	return n == 1, err
}

// withdraw removes a package that the party does not have, and reports false
// if there is none.
func withdraw(tx *db.Tx, pkg string) (bool, error) {
	n, err := tx.Exec(`DELETE FROM handover_package WHERE id = $1 AND acked_at IS NULL`, pkg)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = tx.Exec(`DELETE FROM handover_thing WHERE package = $1`, pkg)
	return true, err
}

// replayGiven writes a thing of a package that a restore lost, and the package
// if it is not there. Whatever was in a package that was made before, and did
// not leave with one, is in this one.
func replayGiven(tx *db.Tx, p *Package, t thing) error {
	if _, err := tx.Exec(`INSERT INTO handover_package (id, party, made_at, made_by, things, opened_at) VALUES ($1, $2, $3, $4, 0, $3)
		ON CONFLICT (id) DO UPDATE SET opened_at = coalesce(handover_package.opened_at, $3)`, p.ID, p.Party, clock.Micros(p.Opened), p.MadeBy); err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO handover_thing (subject, kind, item, package, since_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject, kind, item) DO NOTHING`, t.subject, t.kind, t.item, t.pkg, clock.Micros(t.since))
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(`UPDATE handover_package SET things = things + 1 WHERE id = $1`, t.pkg)
	return err
}

const columns = `p.id, p.party, p.made_at, p.made_by, p.things, p.opened_at, coalesce(p.sha256, ''), p.acked_at, coalesce(p.reference, ''),
	(SELECT count(*) FROM handover_thing t WHERE t.package = p.id)`

func scan(scan func(...any) error) (*Package, error) {
	var p Package
	var made int64
	var opened, acked sql.NullInt64
	err := scan(&p.ID, &p.Party, &made, &p.MadeBy, &p.Things, &opened, &p.SHA256, &acked, &p.Reference, &p.Left)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	p.Made = clock.FromMicros(made)
	if opened.Valid {
		p.Opened = clock.FromMicros(opened.Int64)
	}
	if acked.Valid {
		p.Acknowledged = clock.FromMicros(acked.Int64)
	}
	return &p, err
}

// selectPackage returns a package, nil if there is none.
func selectPackage(tx *db.Tx, pkg string) (*Package, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM handover_package p WHERE p.id = $1`, pkg).Scan)
}

// selectPackages returns the latest packages.
func selectPackages(tx *db.Tx, limit int) (list []*Package, err error) {
	err = tx.Select(func(r *db.Rows) error {
		p, err := scan(r.Scan)
		list = append(list, p)
		return err
	}, `SELECT `+columns+` FROM handover_package p ORDER BY p.made_at DESC, p.id DESC LIMIT $1`, limit)
	return list, err
}

// selectReady returns the packages that their party has and of which something
// is here.
func selectReady(tx *db.Tx) (ids []string, err error) {
	err = tx.Select(func(r *db.Rows) error {
		var pkg string
		err := r.Scan(&pkg)
		ids = append(ids, pkg)
		return err
	}, `SELECT p.id FROM handover_package p WHERE p.acked_at IS NOT NULL AND EXISTS (SELECT 1 FROM handover_thing t WHERE t.package = p.id) ORDER BY p.id`)
	return ids, err
}
