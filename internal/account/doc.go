// Package account is what a person does about their own account, and how well
// the portal knows them.
//
// It promises:
//   - What a person entered, they change at once (M21), and what it was stays as
//     history with until when, seen by them and in their package (O14); so does
//     what a login replaced. What an official has compared with a card is
//     "declared" again when it is changed.
//   - A new e-mail address or phone counts only when its code came back. Who
//     has an old one is told, and can stop the change for 72 hours. After that
//     it is history: nobody is found by it, or written to there.
//   - Contact data is asked about from time to time, by a declared rule and
//     once a sign-in at the most; what bounces is marked, until its code came
//     back (N18).
//   - The history of an account is one page: sign-ins, means, services used,
//     changes, sign-outs (M25).
//   - Who chose a language goes on in it after signing in, on the page that they
//     wanted, whatever page they signed in from.
//   - Before a cabinet is closed, what stays, on which ground and until when is
//     said, from the declarations and what the person has under way. For the
//     declared grace, signing in opens it again; then the account goes, by the
//     path of package retention, on the day that the person was told.
//   - A level is earned: only an official who saw the card or a national login
//     makes an identity number verified, and only a verified
//     one belongs to one person. Whose a number is, is told to nobody (O10).
//
// It keeps no value: those are in the vault, under the activities account,
// sign-in and identity-check.
//
// Tables: account_person, account_bounce, account_change, account_closing,
// account_visit, account_verification. Statements: M5, M21, M25, N18, O2, O10.
package account
