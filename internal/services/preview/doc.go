// Package preview shows officials a service as it will be live on any date:
// its page, its form with answers that one can try, its workflow, and what its
// tests say.
//
// It promises:
//   - Nothing is stored, and nobody's data is read: what is tried is answered
//     and forgotten. A sample stands in for each file and each company.
//   - What is shown is what applicants will meet: the same page, questions and
//     rules, at the date and in the variant that were chosen; also what is only
//     proposed, because policy or terms change with it, with its own policy.
//   - It is for roles that may preview services, and for those who decide on
//     the service (O18).
//
// It owns no tables.
package preview
