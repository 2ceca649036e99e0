package vault

import "portico/internal/platform/db"

// Holding declares what the vault's tables hold (I1).
func Holding() []db.Table {
	return []db.Table{
		{Name: "vault_store", Columns: map[string]db.Holds{
			"one": db.Nothing, "instance": db.Nothing, "demo": db.Nothing, "key_check": db.Nothing, "founded_at": db.Nothing,
		}},
		{Name: "vault_gate", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "version": db.Nothing, "n": db.Nothing, "erased_at": db.Nothing, "restricted_at": db.Nothing, "objected_at": db.Nothing,
		}},
		{Name: "vault_scope", Apart: true, Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "scope": db.Pseudonym, "epoch": db.Nothing, "wrapped": db.Sealed,
		}},
		{Name: "vault_record", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "id": db.Pseudonym, "last_n": db.Nothing, "ended_at": db.Nothing,
		}},
		{Name: "vault_value", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "scope": db.Pseudonym, "field": db.Nothing, "item": db.Nothing, "source": db.Nothing, "sealed": db.Sealed, "at": db.Nothing,
		}},
		{Name: "vault_index", Apart: true, Columns: map[string]db.Holds{
			"kind": db.Nothing, "mac": db.Index, "subject": db.Pseudonym,
		}},
	}
}
