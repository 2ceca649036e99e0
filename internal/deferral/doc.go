// Package deferral keeps uses of a person's data from that person for as long as
// a law lets that be, and shows each of them afterwards.
//
// It promises:
//
//   - Two people decide: an official asks, and another one allows or refuses, each
//     of the role that the ground declares; whom it is about is neither of them.
//   - Only what the ground names is left out, of the official who asked, from when
//     it is allowed until a date that is no later than the ground lets it be.
//   - Until then nothing that the person sees differs: no list, number, time,
//     package or export names the order or what was read by it.
//   - When the date has come, or who asked ends it, or the second person refuses
//     it or says nothing for a week, the person sees every use, with a record that
//     proves when it happened. From then on nothing here says whom it was about.
//   - An end is in the ledger: no restore has it begin again.
//   - What was read is on the page once, and nowhere else.
//
// Tables: deferral_order.
// Statements: O11, O14; invariants I8, I15.
package deferral
