// Package services holds the definitions of services, compiled from the
// folder services/ID of an instance, and the pages of the catalogue.
//
// It promises:
//   - A definition that compiles is whole: its form and rules (package forms),
//     its workflow (everything reachable, no dead end, every state has an
//     owner), its fields and the two activities that it derives, and its own
//     tests pass. Every problem is reported at once with file and line.
//   - What a service needs first can be had: Link refuses needs of what does
//     not exist, and circles (O18).
//   - Searching forgives spelling: accents, vowel signs of Thaana, letters
//     swapped, missing, wrong or too many; a query is bounded (O18).
//   - Before starting, a person reads who will get which data, for what and
//     how long, from the same declarations that decide (O6, O10).
//
// It owns no tables and knows no case. A definition yields the activities
// ID.apply (the person, self) and ID.decide (the roles, by task), the fields
// ID.KEY of its form and ID.remarks, which an official writes.
//
// docs/services.md shows how a service is written, with every key.
//
// # workflow.yaml
//
//	initial: submitted
//	states:
//	  - id: submitted
//	    name: {en: Received}
//	    says: {en: …}                # what it means, to the person
//	    look: info                   # neutral | info | good | warn | bad
//	    deadline: 5                  # working days from receipt
//	    actions:
//	      - {id: take, name: {en: Take}, to: in-review, take: true}
//	  - id: approved
//	    name: {en: Approved}
//	    says: {en: …}
//	    look: good
//	    final: true
//	    fee: true                    # the fee is due in this state
//
// An action has remarks: none, optional or required, and take: true where it
// makes the official the case's holder; every other action is the holder's.
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
