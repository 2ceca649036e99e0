// Package notify tells people what has changed and what waits for them.
//
// It promises:
//   - A notice is queued in the transaction that caused it: both are there or
//     neither, and the same happening is queued once.
//   - Its class decides (I12): nobody can switch an important one off, a
//     newsletter goes to who asked for it, and marketing cannot be stored
//     without a consent: package kinds has the types.
//   - What is stored and queued are ids, kinds, states and times. The address is
//     opened through the gate at the moment of sending, under the activity
//     "notices" (officials: "staff-notices"), in the language that the person
//     chose or used last; so are the words filled in.
//   - It is sent to contacts that were confirmed and do not bounce. Who has none
//     finds the notice in the cabinet, where everything is.
//   - A notice has one Message-ID however often it is tried. A server that does
//     not take it now is asked again later, a bit later each time; one that says
//     that there is no such address, at RCPT or later in a report, has the
//     address marked (N18).
//   - What is no longer needed when it would be sent is not sent: what asks for
//     something that was done, a reminder of what is over.
//   - In the quiet hours of the instance nothing is sent but what is declared
//     loud.
//   - Of each item of news whoever asked for it is told once, of an important one
//     everybody with an account (N8), and of none that is older than the portal.
//     That they ask for it is looked at when a notice is queued, again when it is
//     sent, and their address is opened for it under the purpose to which they
//     consented, which the gate refuses without.
//   - An offer of the operator's own is marketing. It is sent once, when an
//     official presses the button: they see before how it reads and how many
//     consent, and the log says who it was (N7).
//   - Each newsletter and each offer says in its headers and its text where it
//     ends: by one click of a mail service (RFC 8058) or one button, without
//     signing in. Opening that page ends nothing. The link is a MAC that only
//     whoever has the message knows.
//   - Words are templates of the instance; what fills them is data.
//
// What guards an account is no notice and does not come by here: codes and links
// of recovery, warnings of a changed contact or factor, of a closing, and
// invitations that hold a secret. They go to the very contact that they are
// about, confirmed or not, or to the one that was replaced; at any hour; and no
// cabinet shows them, which somebody else may have open. Package identity, and
// those who need its addresses, send them.
//
// Others call Queue, and register a Source for what their notices are about.
//
// Tables: notify_notice, notify_delivery, notify_choice, notify_language,
// notify_news. Statements: O5, O16, O18, N6 to N9, N18, M14.
package notify
