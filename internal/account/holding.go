package account

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

// Holding declares what the tables of this package keep (I1).
func Holding() []db.Table {
	const no, who = db.Nothing, db.Pseudonym
	return []db.Table{
		{Name: "account_person", Columns: map[string]db.Holds{
			"subject": who, "reference": who, "right_at": no, "asked_at": no, "created_at": no}},
		{Name: "account_bounce", Columns: map[string]db.Holds{"subject": who, "field": no, "at": no}},
		{Name: "account_change", Columns: map[string]db.Holds{
			"subject": who, "id": who, "field": no, "state": no, "had": no, "salt": no, "tries": no, "sends": no,
			"created_at": no, "expires_at": no, "confirmed_at": no, "stop_hash": who, "stop_until": no}},
		{Name: "account_closing", Columns: map[string]db.Holds{
			"subject": who, "id": who, "state": no, "asked_at": no, "until_at": no, "ended_at": no}},
		{Name: "account_visit", Columns: map[string]db.Holds{
			"subject": who, "id": who, "official": who, "found_by": no, "opened_at": no, "until_at": no, "closed_at": no}},
		{Name: "account_verification", Columns: map[string]db.Holds{
			"subject": who, "id": who, "level": no, "official": who, "role": no, "party": no, "at": no, "ended_at": no}},
	}
}

// Kept declares what hangs on an account (see package holdings).
func Kept() []holdings.Kind {
	return []holdings.Kind{
		{Name: holdings.Account, Parts: []holdings.Part{
			holdings.Rows("account_person", "subject", "subject"), holdings.Rows("account_bounce", "subject", "field"),
			holdings.Rows("account_closing", "subject", "id"), holdings.Rows("account_visit", "subject", "id"),
			holdings.Rows("account_verification", "subject", "id")}},
		{Name: "contact-change", Table: "account_change", ID: "id", Within: holdings.OfProfile, Scope: "contact:"},
		{Name: "contact-before", Table: "account_change", ID: "id", Within: holdings.OfProfile, Scope: "contact-old:", Shadow: true},
	}
}
