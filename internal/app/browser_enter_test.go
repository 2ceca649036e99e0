package app

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"portico/internal/testkit/chromium"
)

// enterForOther has an official enter an application for somebody who calls and has no
// account, with a document, and sees every page of it.
func (v *tour) enterForOther() {
	v.t.Helper()
	const at = "/staff/apply/road-permit"
	v.stop("/staff/apply", "/staff/apply", http.StatusOK)
	v.open("/staff/apply?lang=en")
	v.press(`main a[href="` + at + `"]`)
	v.stop("/staff/apply/{id}", at, http.StatusOK)
	v.open(at + "?lang=en")
	v.send()
	v.refused("channel")
	v.choose("channel", "phone")
	v.send()
	v.at(at + "/applicant")
	draft := chromium.Value[string](v.tab, "location.search")
	v.choose("applicant", "person")
	v.fill("name", "Hassan Rasheed")
	v.fill("identity-number", "A301020")
	v.fill("phone", "7775544")
	v.fill("email", "hassan@example.mv")
	v.send()
	v.at(at + "/work")
	v.fill("road", "Dhigu Magu")
	v.fill("section", "From the school to the harbour")
	v.choose("kind", "construction")
	start := time.Now().AddDate(0, 0, 30)
	v.fill("start-day", strconv.Itoa(start.Day()))
	v.fill("start-month", strconv.Itoa(int(start.Month())))
	v.fill("start-year", strconv.Itoa(start.Year()))
	v.time("start-time", "09:00", "0900AM")
	v.fill("hours", "9")
	v.fill("boards", "2")
	v.send()
	v.at(at + "/consent")
	v.upload("consent.pdf")
	v.send()
	v.at(at + "/check")
	v.says("Hassan Rasheed", "consent.pdf")
	for _, page := range []string{"check", "changes", "delete"} {
		v.stop("/staff/apply/{id}/"+page, at+"/"+page+draft, http.StatusOK)
	}
	v.stop("/staff/apply/{id}/{page}", at+"/work"+draft, http.StatusOK)
	v.stop("/staff/apply", "/staff/apply", http.StatusOK) // with what was begun
	v.stop("/staff/entering/files/{id}/state", "/staff/entering/files/nobodys/state", http.StatusNotFound)
	v.open(at + "/check" + draft + "&lang=en")
	v.choose("_declared", "yes")
	v.send()
	receipt := v.tab.Path()
	if !strings.HasPrefix(receipt, "/staff/entered/") || v.tab.Text(".panel .reference") == "" {
		v.t.Fatalf("what was entered is not confirmed: %s", v.tab.Text("main"))
	}
	v.stop("/staff/entered/{id}", receipt, http.StatusOK)
	v.open(at + "/check" + draft + "&lang=en") // sent already
	v.at(receipt)
}
