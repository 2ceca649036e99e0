package cases_test

import (
	"sync"
	"testing"

	"portico/internal/cases"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/id"
	"portico/internal/services/servicestest"
	"portico/internal/testkit"
)

func TestO18_ASubmissionMadeAgainIsTheSameCase(t *testing.T) {
	onEachEngine(t, func(w *world) {
		s := cases.Submission{
			Subject: w.citizen.ID, ID: id.New(w.store.Clock.Now()), Service: "road-permit", Channel: cases.Counter, By: w.official.ID,
		}
		rows, errs := make([]*cases.Case, 8), make([]error, 8)
		var wg sync.WaitGroup
		for i := range rows {
			wg.Go(func() {
				errs[i] = w.Vault.Update(w.t.Context(), func(tx *db.Tx) (err error) {
					rows[i], err = w.Submit(tx, s)
					return err
				})
			})
		}
		wg.Wait()
		for i, row := range rows {
			if errs[i] != nil || row.Reference == "" || row.Reference != rows[0].Reference {
				w.t.Fatalf("submitted again: %+v %v", row, errs[i])
			}
		}
		if rows[0].State != "submitted" || rows[0].Channel != cases.Counter {
			w.t.Errorf("the case is %+v", rows[0])
		}
		s.Subject = w.person("Hawwa Ibrahim").ID
		err := w.Vault.Update(w.t.Context(), func(tx *db.Tx) error {
			_, err := w.Submit(tx, s)
			return err
		})
		if fault.KindOf(err) != fault.NotFound {
			w.t.Errorf("somebody else's id made a case: %v", err)
		}
	})
}

func TestO18_DeadlinesAreComputedFromReceipt(t *testing.T) {
	w := newWorld(t, testkit.Database(t, db.SQLite, migrations()...))
	row := w.Applied(w.citizen) // on Sunday, 22 November 2026
	if got := w.Due(row).In(servicestest.Zone()).Format("2006-01-02 15:04:05"); got != "2026-11-29 23:59:59" {
		t.Errorf("five working days from receipt end at %s", got)
	}
}
