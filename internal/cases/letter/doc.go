// Package letter is what an office gives an applicant on paper: the receipt of
// an application, and its decision.
//
// It promises:
//   - A receipt says what was received, as the person sent it.
//   - What an official previews, what is printed and sent by post, and what the
//     person reads are made from one template.
//   - Somebody else's application is not found, and the attempt is recorded.
//
// It owns no tables. Statements: O3, O18.
package letter
