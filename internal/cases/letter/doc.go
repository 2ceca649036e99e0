// Package letter is what an office gives an applicant on paper: the receipt of
// an application, and its decision.
//
// It promises:
//   - A receipt says what was received, as the person sent it.
//   - What an official previews, what is printed and sent by post, and what the
//     person reads are made from one template. It gives the reasons and says how
//     to appeal, in the language of the application first and in the others.
//   - A letter is of the decision: what payment or time did since changes nothing
//     of it.
//   - Somebody else's application is not found, and the attempt is recorded.
//
// It owns no tables. Statements: O3, O18.
package letter
