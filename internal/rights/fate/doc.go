// Package fate says what became of each part of an erasure: that it is erased,
// or kept, with the ground and until when; in words on the pages of who asked
// and of the officials who answer, and in a certificate that is verified
// offline.
//
// It promises:
//   - Nothing of this is stored: it is what the things, the disposals, the rules
//     and the holds say now. Where an end depends on what has not happened, that
//     is said.
//   - A certificate names random ids, rules and times. It is provisional while
//     something that was granted is not gone yet, or rows of it are.
//
// Tables: none of its own. Statements: O14, N14.
package fate
