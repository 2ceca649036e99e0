// Package consent keeps what people consented to: a purpose of the policy that
// rests on nothing else.
//
// It promises:
//   - Each such purpose is asked for apart, with what is used, who gets it, how
//     long it is kept; it is given, refused and withdrawn by a button of its own
//     and never by going on using the portal (I13).
//   - What was said is never changed or deleted; where somebody stands is a fold
//     of it (I5).
//   - A consent is for exactly the terms that were shown (policy.Asked). Once the
//     policy asks for something else, it covers nothing, and is asked for again.
//   - Withdrawing is one transaction: the event, the gate that every use passes,
//     and the messages that waited (I6). No use commits after it.
//   - Refusing or withdrawing changes nothing that rests on another basis (I7):
//     it touches its purpose alone.
//   - Each event has a receipt after ISO/IEC TS 27560, signed with the portal's
//     key: its holder can have it verified offline.
//
// It owns the table consent_event. It keeps O5, O15 and the invariants I5, I6,
// I7 and I13.
package consent
