package app

import (
	"net/http"
	"strings"
	"time"
)

// defers sees asking that uses are shown to somebody later, and what becomes of
// it.
func (v *tour) defers(second *tour) {
	v.enter("/staff/sign-in", "email", "inquirer")
	second.enter("/staff/sign-in", "email", "privacy-officer")
	v.stop("/staff/deferrals", "/staff/deferrals", http.StatusOK) // none
	v.stop("/staff/deferrals/ask", "/staff/deferrals/ask", http.StatusOK)
	ask := func(person string) {
		v.open("/staff/deferrals/ask?lang=en")
		v.choose("ground", "criminal-inquiry")
		v.fill("person", person)
		v.fill("reference", "INQ-7/2026")
		until := time.Now().AddDate(0, 1, 0)
		v.fill("until-day", until.Format("2"))
		v.fill("until-month", until.Format("1"))
		v.fill("until-year", until.Format("2006"))
		v.press("main button[value=ask]")
	}
	ask("nobody@demo.example")
	v.says("Nobody is found by that")
	v.tab.Judge()
	ask(v.portal.Person("delegate"))
	v.says("You have asked")
	at, _, _ := strings.Cut(v.tab.Path(), "?")
	v.stop("/staff/deferrals/orders/{id}", at, http.StatusOK) // waits
	second.stop("/staff/deferrals", "/staff/deferrals", http.StatusOK)
	second.stop("/staff/deferrals/orders/{id}", at, http.StatusOK) // to be answered
	second.open(at + "?lang=en")
	second.press("main button[value=allow]")
	second.says("It is allowed")
	v.stop("/staff/deferrals/orders/{id}", at, http.StatusOK) // to be read
	v.open(at + "?lang=en")
	v.press("main button[value=open]")
	v.says("Nashida Abdul Raheem")
	v.tab.Judge()
	v.open(at + "?lang=en")
	v.press("main button[value=end]")
	v.says("It is ended")
	v.stop("/staff/deferrals", "/staff/deferrals", http.StatusOK)
	v.stop("/staff/deferrals/orders/{id}", "/staff/deferrals/orders/nothing", http.StatusNotFound)
}
