// Package contact says where to find help, and takes and answers what people
// ask the operator, suggest to it or complain about.
//
// It promises:
//   - Every channel that the instance declares stands on the page /help, below
//     the anchor "contact", in the language of the reader; nothing on it needs
//     an account or loads anything from another site (O16).
//   - Who asks gets a reference at once, with a cabinet or without one. Without
//     one a subject is made for the request: an e-mail address or phone number
//     is all that is asked, it is declared, and it leads to no account.
//   - What came by telephone, on paper or in person an official writes down,
//     and where it came from is kept.
//   - What is asked and answered is sealed in the request's own scope. Only the
//     official who holds the request sees it, each time as an event; the others,
//     and the helpline, see where it stands (O10).
//   - The time in which an answer is promised is counted in working days from
//     when it was asked. It never pauses, and it is computed, not stored; what
//     is overdue is shown, and everybody who answers is told of it once (O17).
//   - An answer stands in the cabinet, or goes to the address that was given.
//     For a month whoever asked can write once more, which opens the request
//     again. How answers are rated is counted, and who rated how is not kept.
//   - Whoever has an account, and officials, are told by package notify, with
//     their choices and quiet hours. Whoever has none is written to directly, at
//     the address that belongs to the request alone: there is nobody to notify.
//   - The same form, or the same mail, twice is one request.
//   - A page or an address that belongs to a request holds a token that is
//     derived from a key and that nobody can guess. The page says where the
//     request stands, never what it is about.
//
// States: waiting → taken → answered, or closed for a reason; answered → waiting
// when whoever asked writes again.
//
// Tables: contact_request, contact_form, contact_mail, contact_attachment,
// contact_rating. Statements: O5 (inquiries), O16, O17; O14 (a request about
// one's data can be made through each channel).
package contact
