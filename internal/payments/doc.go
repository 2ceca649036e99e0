// Package payments has what a case costs paid, through a provider.
//
// It promises:
//   - Application, order and payment are one state machine: the transaction in
//     which a payment becomes known moves the case as its workflow says. What
//     is paid is issued exactly once, also when the browser closes, when the
//     provider's message comes twice, late, forged or never, and when the
//     program ends between any two steps: Poll takes up what is not done.
//   - Only what the provider answers when it is asked counts. A message of the
//     provider is verified, and is then no more than a reason to ask; coming
//     back from its page is no more than that either. State, amount, currency
//     and reference must equal the order's: otherwise nothing is issued, the
//     order is held, and somebody looks into it.
//   - A payment is made under a reference of ours and found by it: asking the
//     provider twice for the same one makes one.
//   - What was paid for a case that does not wait for it, or not any more, is
//     given back, and so is what was paid for a case that comes into a state
//     with refund: true, or whose document is revoked with the fee. An order
//     that nobody paid ends with the waiting.
//   - Whose order was paid, or whose money went back, is told in the transaction
//     that knows it. An official who settles an order leaves an event that its
//     person sees.
//   - The provider learns the name of the service, the reference, the amount,
//     the way back and the language, as the activity "payment" says, and nothing
//     else. Nothing sealed is opened for it.
//
// An order is due, paying, paid, void, held, refunding or refunded. Each try to
// pay it is an attempt: open, lost (the provider does not know it), paid,
// failed, differs, refunding or refunded.
//
// Tables: payments_order, payments_attempt.
// Statements: O18, O6.
package payments
