// Package policy holds what an instance declares about personal data and
// decides, from nothing else, who may use which of it.
//
// It promises:
//   - Default deny (I2): an unknown actor, activity or field, a zero Request, a
//     zero Permit and a nil Policy are all denied, each with a reason.
//   - A decision is a pure function of policy and request (I4): no clock, no
//     store, no memory of earlier decisions. The same request, replayed from
//     the log against the policy with the hash that stands in the event, gives
//     the same answer with the same reason.
//   - Deciding allocates nothing.
//   - No field without an activity, no purpose without a basis, no category
//     without a period (I1): Compile reports each such fault, all at once.
//   - What may be shown to people later is an official's reading that a ground
//     names, with two roles and an end (I15).
//   - Whatever identifies a person, directly or not, is a field (O19); every
//     field names its sources (O3); data leaves to declared parties only (O6).
//
// It owns no tables, does no I/O, and knows neither HTTP nor the vault.
//
// How the parts are used:
//
//	instance   decodes the files of policy/ into Declarations, adds fields and
//	           activities of the services, calls Compile, maps Problem.Path to
//	           file and line
//	vault      fills a Request from its Use, the gate and the task; calls
//	           Decide with a Permit; Spend it once before opening anything
//	privacy    shows the declarations, their differences and their exports
//	proof      shows Promises beside what the controls found
package policy
