// Package automatic takes the decisions that a service leaves to the program.
//
// It promises (N13):
//   - The program decides once, right after an application was sent on the
//     portal, by the one rule that holds; if none does, or several, if a rule
//     fails, if the policy in force does not list it, or if anybody was faster,
//     a person decides.
//   - What it reads for that goes through the gate and is an event of the person.
//     The step says by which rule, and which answers were read, not their values.
//   - However often the job is done, and wherever the program is killed, there is
//     one decision.
//   - The person reads that no person decided, the rule in words and what it means,
//     and can ask that a person decides, with a word to why. Until the term is
//     over or they accept it, nothing follows from the decision. What was
//     contested the program never decides.
//
// It owns no tables: a decision is a step of its case.
package automatic
