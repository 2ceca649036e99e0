// Package visitor lets people use their rights who have no cabinet: they name
// the contacts by which the portal may know them, and show by a code to each
// that it is theirs.
//
// It promises:
//
//   - What it does and says is the same for a contact that nobody is known by:
//     nothing is looked up before its code came back (N13, O14). How often codes
//     are asked for and tried is limited, by contact and by network.
//   - A code follows from a key and a salt, and is never stored. It is valid for
//     10 minutes and 5 tries.
//   - A request is about everybody without an account whom a contact reaches that
//     was shown, and of whom no identity number is known: what somebody asked, by the form, by mail or through an official,
//     and the applications that officials entered for them, by each address and
//     number that these name. Each has it in their log that they were found. What
//     is in a cabinet is not among it: whoever has one is told to ask there.
//   - A contact may be shared, or have been somebody else's. Of whom an identity
//     number is known, nothing is said, not even what there is, but to whom an
//     official made sure of by that number: until then it is outstanding who asks.
//   - A cabinet's request is about them too, by the contacts that were confirmed
//     there, and by an identity number only if that was verified.
//   - Whoever signs in is told of what was asked by a contact that they have
//     confirmed, and may have it go on as a request about their account. Nobody
//     else is told that there is one.
//   - What was corrected reaches nobody any more by what was wrong. A store that
//     was restored without the hashes makes them again.
//   - What was asked is seen, and a package downloaded, by the address of the
//     request and a fresh code to each of the contacts. The address says nothing
//     of anybody. The package asks for codes of the last 10 minutes.
//   - A request that waited only for who asks goes on when the codes came back.
//
// What was named is sealed in the scope visit:ID of a subject made for it, which
// becomes that of the request; what nobody went on with goes by the rule that
// the policy declares.
//
// What officials entered before this package noted contacts is gone through once,
// each through the gate (Fill). What stays of somebody is noted once their account
// is gone (Left).
//
// Tables: visitor_visit, visitor_code, visitor_reach, visitor_fill. Statements: N13, O14;
// invariants I6, I10.
package visitor
