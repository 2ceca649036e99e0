// Package vault holds personal data, sealed, behind one gate.
//
// It promises:
//   - Nothing is read or written but with a permit of policy.Decide (I2), and
//     each use passes the person's gate as it was when it was decided on: a
//     change that could alter the decision moves the gate's version, and no
//     event commits after it on any node (I6).
//   - The event of a use is in the same transaction, and plaintext does not
//     exist before that transaction is durable: Reveal opens what it reveals,
//     and refuses before the commit (I3).
//   - An event holds what the decision was made from: it can be made again
//     from the log (I4, see Replay).
//   - Denials of whoever is signed in are events too, the same one once a
//     minute and within a budget; those of nobody are counted.
//   - Every value knows its source (O3) and opens only in its place: instance,
//     table, column, person, scope, field and item, with the source and the
//     time that it was put with (O9).
//   - A store and its keys know each other: see OpenKeys.
//
// Scopes. A person's values are sealed by scope: "profile", "evidence" (the
// events), "case:ID", "file:ID". Each has its own random key, wrapped by an
// epoch key of the key directory; Rewrap brings all of them to a new epoch.
//
// Items. A field has one value in a scope, or items: any number of values, each
// under an id, such as the messages of a case. A permit for the field is for
// all of them; a new item replaces nothing and moves no gate. What a value
// replaced stays as items beside it, put when it was replaced (Former); items
// put later than the value are what it was corrected to.
//
// Deferred uses. What the law lets be kept from a person until a date goes into
// a series, which has a gate and an evidence key of its own; the person's numbers
// and events do not change. At the date each becomes an event of theirs that
// names the original's leaf (I15).
//
// Several people in one transaction: in the order of their ids.
//
// Tables: vault_store, vault_gate, vault_scope, vault_value, vault_record, vault_index.
package vault
