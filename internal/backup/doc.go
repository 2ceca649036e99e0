// Package backup copies a store while it runs, and puts it back.
//
// It promises:
//   - A data backup is one consistent state of the database and its files, on
//     either engine in the same form. It holds no key and no blind index: what
//     is declared so (db.Table.Apart, db.Index) is left out.
//   - A key backup stands apart: the wrapped keys of the newest generation, the
//     key directory, the ledger. It replaces the one before; they are never
//     gathered, for an old one would open what was erased since.
//   - Each has a manifest with the size and SHA-256 of every file, signed by
//     the log's key. A file that is not what was signed is named.
//   - A backup that broke off is none: its folder gets its name last.
//   - A restore that broke off is seen: the store refuses to serve until it is
//     finished (see State).
//
// What is put back is joined in package app: any data backup, the newest keys,
// the newest ledger. Statements: O9, N12; invariants I8, I16.
//
// Tables: backup_restore, backup_drill, backup_node.
package backup
