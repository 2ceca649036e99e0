package proof_test

import (
	"testing"

	"portico/internal/proof"
)

func TestN8_N9_WhatWasSilencedOrNotAskedForBreaksThePromise(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			notices proof.Notices
			status  proof.Status
			reason  string
		}{
			{proof.Notices{Important: 9, Asked: 4}, proof.Kept, proof.ReasonExamined},
			{proof.Notices{Important: 9, Off: 1}, proof.Broken, "notices-off"},
			{proof.Notices{Asked: 4, Unasked: 1}, proof.Broken, "notices-unasked"},
		} {
			w.notices = c.notices
			w.is(t, proof.NoticesKept, c.status, c.reason)
		}
	})
}

func TestN18_ContactsAreAskedAboutAndWhatBouncesIsLeftAlone(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			contacts proof.Contacts
			status   proof.Status
			reason   string
		}{
			{proof.Contacts{Asked: "P6M", People: 4, Right: 3, Marked: 2}, proof.Kept, proof.ReasonExamined},
			{proof.Contacts{People: 4}, proof.AtRisk, "contacts-unasked"},
			{proof.Contacts{Asked: "P6M", Marked: 2, Used: 1}, proof.Broken, "contacts-used"},
		} {
			w.contacts = c.contacts
			w.is(t, proof.ContactsCurrent, c.status, c.reason)
		}
	})
}

func TestN11_AnAccountWithoutItsAgreementBreaksThePromise(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			agreements proof.Agreements
			status     proof.Status
			reason     string
		}{
			{proof.Agreements{Accepted: 7}, proof.Kept, proof.ReasonExamined},
			{proof.Agreements{Accepted: 7, Asked: true, Accounts: 9}, proof.Kept, proof.ReasonExamined},
			{proof.Agreements{Accepted: 7, Asked: true, Accounts: 9, Without: 1}, proof.Broken, "agreements-missing"},
		} {
			w.agreements = c.agreements
			w.is(t, proof.Agreed, c.status, c.reason)
		}
	})
}
