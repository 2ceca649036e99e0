// Package retention disposes of what is kept of people: exactly as long as the
// schedule says, and by one path.
//
// It promises:
//   - Dispose is the one path on which what belongs to a person goes. In one
//     transaction it destroys the keys, takes the things away as they were last
//     seen, and writes the ledger, the disposal and the person's own event (I8).
//     It costs the same however many rows hang on a thing; those are swept
//     afterwards, a few at a time: by a job, or by the run that disposed of it.
//   - Nothing goes that a legal hold or an open request keeps back: Allowed is
//     asked inside the transaction, for each thing and what is part of it (I9). A
//     hold and a disposal do not overlook each other.
//   - A disposal is never changed or deleted (I5). Its certificate is signed and
//     verified offline: provisional while rows are being swept, then final.
//   - When a thing is due is computed from the time in its row, its rule and the
//     zone of the instance, and never stored. The daily run goes through kinds,
//     services and rules in one order, notes with each disposal where it stands,
//     and goes on there after a stop.
//   - What stands in a person's log goes year by year, by a rule too: each year
//     that is over gets a key of its own (vault.Turn). The tree keeps its leaves.
//   - What a rule hands over to an archive is not disposed of by the run, but
//     once the archive has it: package handover.
//   - When nothing is left of somebody, their gate is closed for good.
//   - A backup that is restored brings back nothing that was disposed of since,
//     no row either: Replay disposes of it again, by the ledger.
//
// What goes on other ways, and why: a file that is replaced, refused or
// withdrawn before it was sent (nobody was given it), files and bytes that no
// row knows (they belong to nobody), a second key of a credential, counts of
// visits, used-up challenges (they say nothing of anybody), and finished jobs
// (they hold ids).
//
// Tables: retention_disposal, retention_item, retention_sweep, retention_told, retention_count,
// retention_hold, retention_guard, retention_run,
// retention_turn. Statements: O7, N10, N14.
package retention
