// Package staysout keeps who does not want a newsletter or marketing any more,
// so that it lasts when nothing else is left of them.
//
// It promises:
//
//   - Whoever opts out, or has their account erased, leaves a hash of their
//     address for each list, under a key of the portal, and nothing else: no id,
//     no name, no word of which list it was (N9).
//   - Nothing of a list is sent to an address whose hash is kept, whosever
//     account it belongs to by now, also one that was made or imported since.
//   - It ends when somebody who receives at the address opts in anew, by a
//     consent of their own, or when its time is over.
//   - It lasts through a restore: the ledger holds the hash.
//
// The hash is made by a job a moment after the opt-out, since an address is
// opened through the gate only; the opt-out itself acts at once, in its own
// transaction. Of an account that is erased it is there before the address
// goes. A kept hash belongs to nobody that is known: its subject is the system.
//
// Tables: staysout_hash.
// Statements: N6, N9; invariants I6, I8.
package staysout
