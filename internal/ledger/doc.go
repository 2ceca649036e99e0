// Package ledger keeps every act that takes something away from the portal's
// use: an erasure, a withdrawal, an objection, a restriction, an opt-out, a
// hold, a revoked credential or grant. It stands beside the keys, outside the
// database, so that no backup of the database brings back what was taken.
//
// It promises (I8):
//   - An act is recorded in the transaction of what it tells of, and brought
//     to the file, flushed, before anybody is told that it is done: Keep.
//   - What is committed and not yet in the file is appended at the start,
//     before anybody is served.
//   - The file is append-only and hash-chained; it holds ids, times and
//     keyed hashes, never a value. Damage is named by its line, and stops the start.
//   - A store that is older than the file was put back from a backup by hand,
//     a file that is older than the store was: both stop the start, and say
//     what to do.
//
// In the key directory (0600):
//
//	ledger   a line with the instance, then a line of JSON for each act with
//	         its number and the SHA-256 of the line before it
//
// Tables: ledger_act.
package ledger
