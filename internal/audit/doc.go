// Package audit is the log: one sealed event for each use of somebody's data,
// and a public Merkle tree by which outsiders hold the operator to it.
//
// It promises:
//   - An event enters the store in the transaction of what it tells of, and
//     with it its leaf enters the queue to the tree: a trigger does that, so
//     that no event can be left out.
//   - Events and leaves are never updated or deleted: the database refuses
//     (I5). What was changed around it is found by Open, Check and Verify.
//   - An event is sealed under its subject's evidence scope. Its leaf is
//     SHA-256 of a domain, 32 random bytes and the canonical event (RFC 8785):
//     the tree shows that something happened, to nobody in particular.
//   - The events of a year that is over are sealed under a key of their own
//     (vault.Turn). Once that was destroyed, by its rule, nobody can read them;
//     their leaves stay, so that everything else is verified as before.
//   - The tree is RFC 6962's, served as C2SP tlog-tiles with C2SP checkpoints.
//     An entry bundle holds leaves and nothing else.
//   - Checkpoints are consistent across restarts and restores (I16): a tree is
//     signed only after its commit, at least once a second when it grew, and
//     the signer refuses whatever does not contain what it signed before.
//   - A person's numbers run 1, 2, 3 … over their events (I15). What the law lets
//     be kept from them has the numbers of a series, and at its date a number of
//     theirs: the record of that holds the original, and proves it.
//
// Tables: audit_event, audit_moment, audit_use, audit_unnoted, audit_pending, audit_leaf, audit_tile, audit_tree.
// Statements: O11 (monitored and audited), M5 (informed of each use), M25.
package audit
