// Package rights takes what people ask for about their data, follows it to the
// answer, and does what was granted.
//
// It promises:
//
//   - What can be asked for is what the instance declares in policy/rights.yaml:
//     for which bases, until when, on which grounds it may be refused. Whoever
//     asks gets a reference at once (N13, O14).
//
//   - The clock runs from receipt, in the zone and the calendar of the portal.
//     It pauses only while it is outstanding who asks, and is extended once at
//     the most, before its time is over, with a reason that the person is told.
//     It is computed, never stored (I10). What is overdue is told to everybody
//     who answers, and what somebody held who works no more, another takes.
//
//   - An answer is per item: granted, or refused on one of the declared grounds,
//     with how to appeal (I11, N14). Of an erasure package rights/fate says until
//     when each part is kept. An appeal goes to somebody else than who decided.
//     Whose account goes while a part stays reads that, and appeals, by a code.
//     Whoever never shows who they are is refused for that, whatever they ask for.
//
//   - A correction that was asked for without naming a part is no task of anybody:
//     an official says first which parts are meant.
//
//   - A restriction and an objection act at the next use, everywhere: the
//     person's gate moves in the transaction of the answer (I6). The end of a
//     restriction is announced to the person before it comes.
//
//   - What is asked and answered is sealed in the scope right:ID. Only the
//     official who holds the request sees it, each time as an event. All this
//     goes on while processing is restricted.
//
//   - Everything that is held of somebody, or what they provided, goes into one
//     signed package, opened through the gate and sealed while it waits. It names
//     nobody else: officials by their role. Its download is an event, needs a
//     fresh proof of who asks, and ends after a week (N13).
//
//   - Somebody without a cabinet asks once they have shown their contacts to be
//     theirs (package rights/visitor): the request is about everybody whom these
//     reach, and about whom a number names that an official saw on a card. What is written to them holds an address and nothing of them.
//
//   - What somebody asked without their account goes on as a request of it, by
//     the account's holder alone, if it names a contact that they have confirmed:
//     from when it came. The one before ends and points to it (N14).
//
//   - A cabinet's request is about its account, and about what its holder asked
//     or had entered without it. It is not about what other people did for a
//     company that they act for, nor what an official enters for somebody.
//
// States: waiting → taken → answered; an appeal leads back to waiting, once.
// What nobody must decide (an opt-out) is answered at once,
// and a package is made → answered by the program.
//
// Tables: rights_request, rights_cover, rights_item, rights_form, rights_suspension,
// rights_package.
// Statements: O14, N13, N14; invariants I6, I10, I11.
package rights
