package app

import (
	"net/http"
	"strings"

	"portico/internal/demo"
	"portico/internal/testkit/chromium"
)

// enter signs somebody in.
func (v *tour) enter(path, field, role string) {
	v.t.Helper()
	v.open(path)
	v.fill(field, v.portal.Person(role))
	v.fill("password", demo.Password)
	v.send()
	if v.tab.Path() == path { // such as one who has come too often
		v.t.Fatalf("the demo's %s is not let in: %s", role, v.tab.Text("main"))
	}
}

// ask sends a request from the page that is open, and returns where it leads.
func (v *tour) ask(words string) string {
	v.t.Helper()
	v.choose("kind", "question")
	v.fill("text", words)
	v.send()
	return v.tab.Path()
}

// requests sees asking, with a cabinet and without one, and answering.
func (v *tour) requests(citizen, officer, helpline *tour) {
	const follow = "LANG/help/requests/{reference}/{token}"
	v.stop("LANG/help/ask", "LANG/help/ask", http.StatusOK)
	v.open("/en/help/ask")
	v.fill("contact", "moosa@demo.example")
	at := "LANG" + strings.TrimPrefix(v.ask("When is the office open?"), "/en")
	v.stop(follow, at+"?done=sent", http.StatusOK)
	v.stop(follow, at, http.StatusOK)
	v.stop(follow, "LANG/help/requests/hr-0000-0000/token", http.StatusNotFound)

	citizen.enter("/en/sign-in", "contact", "citizen-dhivehi")
	citizen.stop("LANG/cabinet/requests", "LANG/cabinet/requests", http.StatusOK) // nothing in it
	citizen.stop("LANG/help/ask", "LANG/help/ask", http.StatusOK)
	citizen.open("/en/help/ask")
	own := "LANG" + strings.TrimPrefix(citizen.ask("އޮފީސް ހުޅުވާނީ ކޮންއިރަކު؟"), "/en")
	citizen.stop("LANG/cabinet/requests/{id}", own, http.StatusOK)
	citizen.stop("LANG/cabinet/requests", "LANG/cabinet/requests", http.StatusOK)
	citizen.stop("LANG/cabinet/requests/{id}", "LANG/cabinet/requests/nobodys", http.StatusNotFound)

	officer.enter("/staff/sign-in", "email", "contact-officer")
	officer.stop("/staff/requests", "/staff/requests", http.StatusOK)
	officer.stop("/staff/requests/new", "/staff/requests/new", http.StatusOK)
	officer.stop("/staff/requests/ratings", "/staff/requests/ratings", http.StatusOK) // nothing in it
	desk := "/staff/requests/" + strings.TrimPrefix(own, "LANG/cabinet/requests/")
	officer.stop("/staff/requests/{id}", desk, http.StatusOK) // not taken
	officer.open(desk)
	officer.press("main button[value=take]")
	officer.stop("/staff/requests/{id}", desk, http.StatusOK)
	officer.open(desk)
	officer.fill("text", "From nine to three, Sunday to Thursday.")
	officer.press("main button[value=answer]")
	officer.stop("/staff/requests/{id}", desk, http.StatusOK)
	citizen.stop("LANG/cabinet/requests/{id}", own, http.StatusOK) // to be rated
	citizen.open(strings.Replace(own, "LANG", "/en", 1))
	citizen.choose("score", "4")
	citizen.press("main button[value=rate]")
	officer.stop("/staff/requests/ratings", "/staff/requests/ratings", http.StatusOK) // too few

	helpline.enter("/staff/sign-in", "email", "helpline")
	helpline.open("/staff/requests/new")
	helpline.choose("source", "phone/helpline")
	helpline.ask("The caller asks when the office is open.")
	found := chromium.Value[string](helpline.tab, "location.pathname + location.search")
	helpline.stop("/staff/requests", found, http.StatusOK)
}
