package app

import (
	"io"
	"strings"

	"portico/internal/consent"
	"portico/internal/identity"
	"portico/internal/identity/credential"
	"portico/internal/ledger"
	"portico/internal/notify"
	"portico/internal/notify/kinds"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/policy"
	"portico/internal/retention"
	"portico/internal/vault"
)

// loss is an act that takes something away.
type loss struct {
	name  string
	at    string // where the program records it: package and function
	kind  ledger.Kind
	take  func(*town) error
	there func(*town, *db.Tx) (bool, error) // whether what it takes is still there
}

// losses are all there are: TestI8_EveryActOfTheLedgerIsReplayed compares them
// with the program.
func losses() []loss {
	in := func(do func(*town, *db.Tx) error) func(*town) error {
		return func(w *town) error {
			return w.vault.Update(w.t.Context(), func(tx *db.Tx) error { return do(w, tx) })
		}
	}
	row := func(query string, of func(*town) string) func(*town, *db.Tx) (bool, error) {
		return func(w *town, tx *db.Tx) (bool, error) {
			var n int64
			err := tx.QueryRow(`SELECT count(*) FROM `+query, of(w)).Scan(&n)
			return n > 0, err
		}
	}
	one := func(w *town) string { return w.one }
	other := func(w *town) string { return w.other }
	proof := func(kind string) func(*town, *db.Tx) (bool, error) {
		return row(`factor_secret WHERE subject = $1 AND kind = '`+kind+`'`, one)
	}
	found := func(field, value string) func(*town, *db.Tx) (bool, error) {
		return func(w *town, tx *db.Tx) (bool, error) {
			_, err := w.vault.Find(tx, field, value)
			if fault.KindOf(err) == fault.NotFound {
				return false, nil
			}
			return err == nil, err
		}
	}
	state := func(of func(*town) string, state identity.State) func(*town, *db.Tx) (bool, error) {
		return row(`identity_account WHERE subject = $1 AND state = '`+string(state)+`'`, of)
	}
	return append(thingsGo(), []loss{
		{"a document is revoked", "documents.end", ledger.Revoke,
			func(w *town) error {
				return w.issued.Revoke(w.t.Context(), w.officer, w.document, "It was issued by mistake.", false)
			},
			row(`documents_document WHERE number = $1 AND ended_at IS NULL`, func(w *town) string { return w.document })},
		{"a thing is erased", "vault.erased", ledger.Erase,
			in(func(w *town, tx *db.Tx) error {
				return w.vault.Shred(tx, vault.Key{Subject: w.one, Scope: "draft:gone"})
			}),
			row(`vault_scope WHERE subject = $1 AND scope = 'draft:gone'`, one)},
		{"a person is erased", "vault.erased", ledger.Erase,
			in(func(w *town, tx *db.Tx) error { return w.vault.Close(tx, w.erased) }),
			row(`vault_scope WHERE subject = $1 AND scope <> 'evidence'`, func(w *town) string { return w.erased })},
		{"a consent is withdrawn", "consent.say", ledger.Withdraw,
			func(w *town) error { return w.consent.Say(w.t.Context(), w.one, "newsletter", consent.Withdrawn, "") },
			func(w *town, tx *db.Tx) (bool, error) { return w.consent.Granted(tx, w.one, "newsletter") }},
		{"use is restricted", "rights.suspendOne", ledger.Restrict,
			func(w *town) error { return w.asks(w.other, policy.RightRestriction) },
			row(`vault_gate WHERE subject = $1 AND restricted_at IS NULL`, other)},
		{"a person objects", "rights.suspendOne", ledger.Object,
			func(w *town) error { return w.asks(w.one, policy.RightObjection) },
			row(`vault_gate WHERE subject = $1 AND objected_at IS NULL`, one)},
		{"a notice is not wanted", "notify.Choose", ledger.OptOut,
			func(w *town) error { return w.wants(false) },
			row(`notify_choice WHERE subject = $1 AND channel = 'email' AND wanted = 1`, one)},
		{"an address stays out", "staysout.keep", ledger.StayOut,
			func(w *town) error {
				keep, err := w.staysOut.Leaving(w.t.Context(), w.other)
				if err != nil {
					return err
				}
				return w.vault.Update(w.t.Context(), keep)
			},
			func(w *town, tx *db.Tx) (bool, error) {
				out, err := w.staysOut.Out(tx, "newsletter", "other@example.mv")
				return !out, err
			}},
		{"something is held", "retention.Hold", ledger.Hold,
			func(w *town) error { _, err := w.holds(retention.Hold{Person: w.one, Item: "thing"}); return err },
			row(`vault_gate WHERE subject = $1 AND NOT EXISTS (SELECT 1 FROM retention_hold WHERE person = $1 AND item = 'thing' AND lifted_at IS NULL)`, one)},
		{"a hold is lifted", "retention.Lift", ledger.Revoke,
			func(w *town) error { return w.keeps.Lift(w.t.Context(), w.hold, "The case is closed.", w.officer.ID) },
			row(`retention_hold WHERE id = $1 AND lifted_at IS NULL`, func(w *town) string { return w.hold })},
		{"a contact is removed", "identity.RemoveChannel", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { return w.identity.RemoveChannel(tx, w.one, phone("1")) }),
			found(policy.FieldPhone, phone("1").Value)},
		{"a contact is replaced", "identity.ReplaceChannel", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { return w.identity.ReplaceChannel(tx, w.other, phone("2"), phone("3")) }),
			found(policy.FieldPhone, phone("2").Value)},
		{"a closing is taken back", "account.Arrived", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { return w.account.Arrived(tx, w.closed) }),
			row(`account_closing WHERE subject = $1 AND state = 'waiting'`, func(w *town) string { return w.closed })},
		{"an account is closed for good", "identity.Close", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { return w.identity.Close(tx, w.closed, w.clock.Now()) }),
			state(func(w *town) string { return w.closed }, identity.Open)},
		{"an official is suspended", "identity.SetState", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error {
				return w.identity.SetState(tx, w.clerk, identity.Open, identity.Suspended)
			}),
			state(func(w *town) string { return w.clerk }, identity.Open)},
		{"a cabinet is closed", "account.Close", ledger.Revoke,
			func(w *town) error { _, err := w.account.Close(w.t.Context(), w.other, "en"); return err },
			row(`identity_account a WHERE a.subject = $1 AND NOT EXISTS (SELECT 1 FROM account_closing c WHERE c.subject = a.subject AND c.state = 'waiting')`, other)},
		{"an identity number is verified no more", "account.endVerification", ledger.Revoke,
			func(w *town) error {
				d, err := w.account.Details(w.t.Context(), w.one)
				if d.IdentityNumber = "A999999"; err == nil {
					_, err = w.account.ChangeDetails(w.t.Context(), w.one, d)
				}
				return err
			},
			row(`account_verification WHERE subject = $1 AND ended_at IS NULL`, one)},
		{"a login knows somebody no more", "login.forget", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { return w.login.Closed(tx, w.one) }),
			row(`login_link WHERE subject = $1`, one)},
		{"a password is replaced", "factor.took", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error {
				return w.identity.Proofs.SetPassword(tx, w.one, "another", w.clock.Now())
			}),
			func(w *town, tx *db.Tx) (bool, error) {
				hash, _, err := w.identity.Proofs.Password(tx, w.one)
				return strings.HasPrefix(hash, "$argon2"), err
			}},
		{"an app is removed", "factor.took", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { _, err := w.identity.Proofs.RemoveApp(tx, w.one); return err }),
			proof("totp")},
		{"recovery codes are made anew", "factor.took", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error {
				_, err := w.identity.Proofs.NewCodes(tx, w.one, w.clock.Now())
				return err
			}),
			row(`factor_code WHERE code = $1`, func(w *town) string { return w.code })},
		{"a passkey is removed", "factor.took", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error {
				_, err := w.identity.Proofs.RemovePasskey(tx, w.one, "passkey-1")
				return err
			}),
			row(`factor_passkey WHERE subject = $1 AND id = 'passkey-1'`, one)},
		{"all passkeys are removed", "factor.took", ledger.Revoke,
			in(func(w *town, tx *db.Tx) error { return w.identity.Proofs.Clear(tx, w.other, true) }),
			row(`factor_passkey WHERE subject = $1`, other)},
		{"an official loses a role", "staff.took", ledger.Revoke,
			func(w *town) error { return w.staff.SetRoles(w.t.Context(), w.me, w.clerkRef, []string{"helpline"}) },
			row(`staff_member WHERE reference = $1 AND roles LIKE '%permit-officer%'`, func(w *town) string { return w.clerkRef })},
		{"a mandate ends", "mandates.took", ledger.Revoke,
			func(w *town) error { return w.mandates.End(w.t.Context(), w.one, w.mandate) },
			row(`mandates_mandate WHERE id = $1 AND ended_at IS NULL`, func(w *town) string { return w.mandate })},
		{"uses are shown later no more", "deferral.end", ledger.Revoke,
			func(w *town) error { return w.defers.End(w.t.Context(), w.inquirer(), w.order) },
			row(`deferral_order WHERE id = $1 AND ended_at IS NULL`, func(w *town) string { return w.order })},
		{"an archive is given something", "handover.took", ledger.Revoke,
			func(w *town) error {
				ctx := w.t.Context()
				p, err := w.hands.Make(ctx, "national-archives", w.officer.ID)
				if err == nil {
					p, err = w.hands.Open(ctx, p.ID, w.officer.ID)
				}
				if err == nil {
					err = w.hands.Write(ctx, p, io.Discard)
				}
				if err == nil {
					err = w.hands.Acknowledge(ctx, p.ID, "NA-2026/17", w.officer.ID)
				}
				return err
			},
			func(w *town, _ *db.Tx) (bool, error) { // it is to be handed over
				list, err := w.hands.Waiting(w.t.Context())
				return err == nil && list[0].Ready > 0, err
			}},
	}...)
}

func phone(last string) credential.Contact {
	return credential.Contact{Field: policy.FieldPhone, Value: "+960777000" + last}
}

// wants says whether somebody wants to be told by e-mail that an application
// moved.
func (w *town) wants(wanted bool) error {
	return w.notices.Choose(w.t.Context(), w.one, "", []notify.Choice{{Kind: kinds.Changed, Channel: kinds.Email, Wanted: wanted}})
}

// holds makes a hold.
func (w *town) holds(h retention.Hold) (string, error) {
	h.Ground, h.Reason, h.Review = "court-order", "The court asked for it.", w.clock.Now().AddDate(0, 1, 0)
	return w.keeps.Hold(w.t.Context(), h, w.officer.ID)
}
