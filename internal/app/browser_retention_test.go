package app

import "net/http"

// keeping sees how long things are kept, for a citizen who is signed in, and
// holds something back, and lets it go.
func (v *tour) keeping(officer *tour) {
	v.stop("LANG/cabinet/kept", "LANG/cabinet/kept", http.StatusOK)

	officer.enter("/staff/sign-in", "email", "privacy-officer")
	officer.stop("/staff/retention", "/staff/retention", http.StatusOK)
	officer.stop("/staff/retention/holds", "/staff/retention/holds", http.StatusOK) // none
	officer.open("/staff/retention/holds?lang=en")
	officer.fill("reference", "RP-0000-0000")
	officer.send()
	officer.refused("reference")
	officer.tab.Judge()
	officer.open("/staff/retention/holds?lang=en")
	officer.tab.Set("service", "road-permit")
	officer.choose("ground", "legal-claim")
	officer.fill("reason", "Somebody appeals against a permit for this road.")
	officer.fill("review-day", "1")
	officer.fill("review-month", "6")
	officer.fill("review-year", "2099")
	officer.send()
	officer.at("/staff/retention/holds")
	officer.says("The hold stands", "Somebody appeals against a permit for this road.")
	officer.stop("/staff/retention/holds", "/staff/retention/holds", http.StatusOK) // with one
	officer.open("/staff/retention/holds?lang=en")
	officer.tab.Reach("main details:has([name=why]) > summary")
	officer.tab.Keys(" ")
	officer.fill("why", "The appeal was decided.")
	officer.press("main button[value=lift]")
	officer.says("The hold is lifted", "The appeal was decided.")
	officer.stop("/staff/retention/handovers", "/staff/retention/handovers", http.StatusOK) // nothing is due
	officer.stop("/staff/retention/certificates/{id}", "/staff/retention/certificates/nothing", http.StatusNotFound)
}
