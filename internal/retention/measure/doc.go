// Package measure measures what disposal costs, for `portico bench`: in a store
// of its own that is thrown away, with the real vault, ledger, log and disposal,
// and the schedule beside a portal that serves people meanwhile.
//
// It promises:
//   - What is compared is measured side by side, in turns, in one run.
//   - Erasing is the transaction that is confirmed to whoever asked for it, with
//     the ledger's file flushed. Rows that are swept later do not count.
//   - A run of the schedule counts until its last row is swept. The plain DELETE
//     beside it takes the same rows of the same tables, as many in a transaction
//     as a careful script does, without certificates, ledger or log; both have
//     the same people beside them, who wait for whole pages of the portal.
//
// Tables: measure_thing, measure_row, in no portal's store. Statements: O7.
package measure
