// Package mandates knows for which companies a person may act.
//
// It promises:
//   - Who says that they act for a company has claimed it, and everybody sees
//     that it is claimed, until an official has verified it on a ground: a
//     document seen, or a register. Only of a person whose identity is verified.
//   - Who was verified appoints others, for some services or all of them and
//     until a day or without end, by an invitation that the other accepts or
//     refuses. Whether an address has an account is not told.
//   - A mandate ends at once when whoever appointed, the person themself or an
//     official ends it. Each request looks: what is over, or not for the
//     service, is not there.
//   - A change is an event of everybody concerned.
//   - Names and numbers of companies are sealed for the person who acts: they
//     tell what that person does.
//
// Tables: mandates_mandate, mandates_invitation, mandates_check.
// Statements: O18 (through a delegate), O2, O3, O10.
package mandates
