// Package complaint follows what is owed to a complaint beside its answer: it is
// investigated, an attempt to resolve it is recorded, and one about a transfer of
// data that cannot be resolved goes to the data protection authority.
//
// It promises (N15):
//   - Where the instance declares it, no complaint is answered, or closed but as
//     one that came twice or is none, before the official who holds it has written
//     down what the investigation found and how it was tried to resolve it. One
//     that is opened again is investigated again.
//   - What was found and tried is sealed in the scope of the request, and the
//     person's like the rest of it.
//   - An unresolved one about a transfer of data stays open until it was brought
//     before the authority that the instance declares: what the authority is given
//     is opened through the gate, as a use that names it, and the authority's
//     reference is written down. Whoever complained sees both.
//   - None of this stops the promised time: what is not done in time is late.
//
// Tables: complaint_complaint. Statements: N15; O17.
package complaint
