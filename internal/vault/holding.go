package vault

import (
	"portico/internal/holdings"
	"portico/internal/platform/db"
)

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
		{Name: "vault_value", Columns: map[string]db.Holds{
			"subject": db.Pseudonym, "scope": db.Pseudonym, "field": db.Nothing, "item": db.Nothing, "source": db.Nothing, "sealed": db.Sealed, "at": db.Nothing,
		}},
		{Name: "vault_index", Apart: true, Columns: map[string]db.Holds{
			"kind": db.Nothing, "mac": db.Index, "subject": db.Pseudonym,
		}},
	}
}

// Kinds declares the record of who used somebody's data, under the key of their
// evidence: it outlives the rest, and its time counts from when nothing else
// was left of them (see package holdings).
func Kinds() []holdings.Kind {
	return []holdings.Kind{{Name: "evidence", Table: "vault_scope", Outlives: true, Scope: Evidence,
		Where:  "scope = 'evidence' AND subject IN (SELECT subject FROM vault_gate WHERE erased_at IS NOT NULL)",
		Events: []holdings.Event{{Name: "end", Column: "(SELECT g.erased_at FROM vault_gate g WHERE g.subject = vault_scope.subject)"}}}}
}
