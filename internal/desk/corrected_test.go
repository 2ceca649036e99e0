package desk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/vault"
)

// TestO14_ARightValueStandsBesideWhatWasStated, with when it was written down:
// to the official who holds the application, and to the person.
func TestO14_ARightValueStandsBesideWhatWasStated(t *testing.T) {
	onEachEngine(t, func(t *testing.T, w *world) {
		row := w.Applied(w.Citizen)
		w.Taken(row, w.Official)
		w.Store.Clock.Advance(time.Hour)
		if err := w.Vault.Update(t.Context(), func(tx *db.Tx) error {
			permit, err := w.Vault.Permit(tx, vault.Use{
				Actor: w.Official, Subject: w.Citizen.ID, Activity: w.Service.DecideActivity(), Operation: policy.Collect,
				Scope: row.Scope(), Fields: []string{"road-permit.road"}, Task: policy.Task{Scope: row.Scope(), Holder: w.Official.ID, Open: true},
			})
			if err != nil {
				return err
			}
			return w.Vault.Put(tx, permit, []vault.Value{{Field: "road-permit.road", Item: id.New(w.Store.Clock.Now()), Text: "Aishath Magu", Source: policy.SourceStaff}})
		}); err != nil {
			t.Fatal(err)
		}
		for path, who := range map[string]policy.Actor{"/staff/cases/" + row.ID: w.Official, "/en/cabinet/applications/" + row.ID: w.Citizen} {
			router := w.router
			if who.Kind == policy.Person {
				router = w.Router(w.Mount)
			}
			page, status, _ := w.Browse(router, who).Get(path)
			text := page.One("main").Text()
			_, after, _ := strings.Cut(text, "Dhigu Magu")
			if status != http.StatusOK || !strings.HasPrefix(strings.TrimSpace(after), "Corrected on ") || !strings.Contains(after, "Aishath Magu") {
				t.Errorf("%s does not show what was stated and the right value: %d %s", path, status, text)
			}
		}
	})
}
