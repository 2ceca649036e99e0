package rights_test

import (
	"net/http"
	"slices"
	"testing"

	"portico/internal/audit"
	"portico/internal/identity/credential"
	"portico/internal/platform/db"
	"portico/internal/policy"
	"portico/internal/rights"
)

// names has what somebody left name a value of theirs in a field.
func (w *world) names(subject, field, value string) {
	w.t.Helper()
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		return w.visitors.Names(tx, subject, "request:left", field, value)
	}); err != nil {
		w.t.Fatal(err)
	}
}

// people are those whom a request is about.
func (w *world) people(request string) (list []string) {
	w.t.Helper()
	if err := w.store.DB.View(w.t.Context(), func(tx *db.Tx) error {
		r, err := w.Row(tx, request)
		if err == nil {
			list = r.People()
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return list
}

func TestN13_ACabinetsRequestIsAlsoAboutWhatIsTheirsOutsideIt(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		_, official := w.official("shifa@example.mv")
		me, b := w.person("moosa@example.mv")
		mine, asked := w.left("moosa@example.mv", "an application"), w.left("moosa@example.mv", "a question")
		son, stranger := w.left("moosa@example.mv", "of my son"), w.left("other@example.mv", "of a stranger")
		w.names(mine, policy.FieldIdentityNumber, "a123456") // as in the account
		w.names(son, policy.FieldIdentityNumber, "A654321")
		w.work()
		request := w.asks(b, "restriction", "Stop it.")
		list := w.people(request)
		for who, want := range map[string]bool{me: true, mine: true, asked: true, son: false, stranger: false} {
			if slices.Contains(list, who) != want {
				t.Errorf("the request is about %q: %v", who, !want)
			}
		}
		press(official, "/staff/rights/"+request, "take", http.StatusOK)
		press(official, "/staff/rights/"+request, "decide", http.StatusOK, "item-1", "granted", "text", "Done.")
		for who, want := range map[string]int{me: 1, mine: 1, asked: 1, son: 0, stranger: 0} {
			if lasting, err := w.Suspensions(t.Context(), who); err != nil || len(lasting) != want {
				t.Errorf("of %q %d suspensions last, %v", who, len(lasting), err)
			}
		}
		for who, want := range map[string]bool{mine: true, son: false} {
			events, err := w.store.Log.Events(t.Context(), who, 0, 50)
			if found := slices.ContainsFunc(events, func(e audit.Event) bool { return e.Reason == "right-found" }); err != nil || found != want {
				t.Errorf("the log of %q says that they were found: %v, %v", who, found, err)
			}
		}
	})
}

func TestN13_OnlyWhatStandsThereNowReachesAndNeverAnAccount(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		account, _ := w.person("moosa@example.mv")
		left := w.left("typo@example.mv", "an application")
		w.names(left, policy.FieldPhone, "777 1234")
		w.names(account, policy.FieldEmail, "typo@example.mv")
		reached := func(field, value string) (list []string) {
			t.Helper()
			if err := w.store.DB.View(t.Context(), func(tx *db.Tx) (err error) {
				list, err = w.visitors.Reached(tx, rights.Asker{Outside: true, Contacts: []credential.Contact{{Field: field, Value: value}}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := reached(policy.FieldEmail, "typo@example.mv"); !slices.Equal(got, []string{left}) {
			t.Errorf("an address reaches %v", got)
		}
		// A store that was restored has no hashes but makes them again.
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE visitor_reach SET mac = $1 WHERE field = $2`, []byte("nobody's"), rights.FieldContact)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := reached(policy.FieldEmail, "typo@example.mv"); len(got) > 0 {
			t.Errorf("without a hash an address reaches %v", got)
		}
		if err := w.vault.Update(t.Context(), w.visitors.Reindex); err != nil {
			t.Fatal(err)
		}
		if got := reached(policy.FieldEmail, "typo@example.mv"); !slices.Equal(got, []string{left}) {
			t.Errorf("after a restore an address reaches %v", got)
		}
		// What was corrected no longer reaches by what was wrong.
		if err := w.vault.Update(t.Context(), func(tx *db.Tx) error {
			return w.visitors.Reach(tx, left, "request:left", rights.FieldContact, credential.Contact{Field: policy.FieldEmail, Value: "right@example.mv"})
		}); err != nil {
			t.Fatal(err)
		}
		if old, now := reached(policy.FieldEmail, "typo@example.mv"), reached(policy.FieldEmail, "right@example.mv"); len(old) > 0 || !slices.Equal(now, []string{left}) {
			t.Errorf("after a correction: %v and %v", old, now)
		}
	})
}
