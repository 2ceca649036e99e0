// Package services holds the definitions of services, compiled from the
// folder services/ID of an instance, and the pages of the catalogue.
//
// It promises:
//   - A definition that compiles is whole: its form and rules (package forms),
//     its workflow (everything reachable, no dead end, every state has an
//     owner), its fields and the activities that it derives, and its own
//     tests pass. Every problem is reported at once with file and line.
//   - What a service needs first can be had: Link refuses needs of what does
//     not exist, and circles (O18).
//   - Searching forgives spelling (O18), see package search.
//   - Before starting, a person reads who will get which data, for what and
//     how long, from the same declarations that decide (O6, O10).
//   - What the program decides without a person is declared with its rule and
//     its effect, takes no effect before the person could contest it, and is a
//     person's from then on (N13).
//
// It owns no tables and knows no case. A definition yields the activities
// ID.apply (the person, self), ID.decide (the roles, by task) and perhaps
// ID.review (roles, with a reason) and ID.automatic (the portal), the fields
// ID.KEY of its form, ID.remarks, ID.message and ID.note.
//
// docs/services.md shows how a service is written, with every key.
//
// # workflow.yaml
//
//	initial: submitted
//	states:
//	  - id: submitted
//	    name: {en: Received}
//	    says: {en: …}                # what it means and what happens next, to the person
//	    look: info                   # neutral | info | good | warn | bad
//	    by: official                 # whose turn: official (if left out) | applicant | system
//	    deadline: 5                  # working days; for an official from receipt
//	    amend: true                  # the applicant may still change answers
//	    actions:
//	      - {id: take, name: {en: Take}, to: in-review, take: true}
//	      - {id: withdraw, name: {en: Withdraw}, to: withdrawn, by: applicant}
//	  - id: in-review                # …
//	    actions:
//	      - {id: ask, name: {en: Ask for information}, to: information-requested, asks: true}
//	      - {id: approve, name: {en: Approve}, to: approved, remarks: optional}
//	  - id: information-requested
//	    name: {en: Information requested}
//	    says: {en: …}
//	    look: warn
//	    by: applicant
//	    deadline: 20                 # from when the case came here
//	    pauses: true                 # the office's deadline stands still meanwhile
//	    amend: true
//	    actions:
//	      - {id: answer, name: {en: Answer}, to: in-review, by: applicant}
//	      - {id: expire, name: {en: Expired}, to: withdrawn, by: system}
//	  - id: approved
//	    name: {en: Approved}
//	    says: {en: …}
//	    look: good
//	    fee: true                    # the fee is due in this state
//	    by: applicant
//	    deadline: 20
//	    actions:
//	      - {id: paid, name: {en: Paid}, to: issued, by: payment}
//	      - {id: expire, name: {en: Not paid}, to: withdrawn, by: system}
//	  - id: issued                   # … final: true
//
// An action of an official has remarks: none, optional or required, which the
// applicant reads with the decision; take: true makes the official the case's
// holder, releases: true lets it go; every other action is the holder's. With
// asks: true it sends a message and says which answers may be changed, so that
// the state that it leads to is the applicant's. With other: true it is for an
// official who has done nothing on the case but taking it and such actions
// (four eyes). An action by system happens by itself once the deadline has
// passed; without one a deadline that passes is shown and moves nothing. An
// action by payment happens by itself once the fee is paid, at once if it is
// nothing. A final state with fee: true has a fee that is paid elsewhere. With
// refund: true what was paid is given back when a case comes into the state.
//
// # message, note and review in service.yaml
//
// With message: applicant and office write to each other, with note: officials
// write for each other; both are items of a field of that name. With review:
// its roles may open a case that is not their task, for a reason in writing,
// which the applicant reads. What is left out, nobody can do.
//
// # form.yaml and rules.yaml
//
// See the types File and Rules of package forms.
//
// # tests/*.yaml
//
//	now: 2026-11-23T09:00:00+05:00
//	answers: {kind: construction, hours: "9"}     # given in every case below
//	cases:
//	  - name: Construction, 9 hours, 3 boards
//	    answers: {boards: "3"}                    # on top of those above; null takes one away
//	    actions: [take, approve]
//	    expect: {fee: 104000, state: approved}
//	  - name: Starts in the past
//	    now: 2026-12-23T09:00:00+05:00
//	    expect: {errors: {start: start-in-future}}
//
// Answers are canonical text. Errors are by key: the id of the rule, or the
// last word of the code, such as required. Without errors none is expected.
package services
