// Package handover hands over what a rule with the action archive says, to the
// party that the rule names, and has it disposed of once the party has it.
//
// It promises:
//   - A package is a signed file of package export: a thing an entry, with its
//     values and its files. It holds what the activity policy.HandOver of the
//     party declares, and is verified offline.
//   - Values are opened through the gate when it is downloaded, once: each is an
//     event of its person, which names the party. Nothing of it is kept here.
//   - A thing is in one package at a time. What is held back, or of which
//     somebody asked something, is put into none.
//   - What somebody has who objects to handing it over is given to nobody, and
//     destroyed when its rule says that it goes (O7).
//   - Nothing else is destroyed before an official writes down what the party calls
//     it. Then just what is in the package is disposed of, by package retention:
//     holds are asked again, and what they keep stays until they end. What
//     changed since goes its ordinary way.
//   - What left with a package, and what became of it, is in the ledger before the
//     file is whole. A restore knows it again: nothing that a party has comes back
//     as ours, and nothing is sent twice without the page saying so.
//   - The certificate of a disposal, and what the person sees, say who has it,
//     since when and by which reference.
//
// Tables: handover_package, handover_thing. Statements: O7, N10, N14.
package handover
