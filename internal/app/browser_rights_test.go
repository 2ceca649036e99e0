package app

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico/internal/demo"
	"portico/internal/testkit/chromium"
)

// asksWithout sees asking for something about data without a cabinet.
func (v *tour) asksWithout() {
	v.stop("LANG/rights/ask", "LANG/rights/ask", http.StatusOK)
	v.open("/en/rights/ask")
	v.press("main button[value=send]") // nobody named
	v.tab.Judge()
	v.open("/en/rights/ask")
	v.fill("contact-1", "tour-visitor@demo.example")
	v.press("main button[value=send]")
	v.stop("LANG/rights/ask/codes", "LANG/rights/ask/codes", http.StatusOK)
	v.open("/en/rights/ask/codes")
	v.fill("code-1", "1")
	v.press("main button[value=check]")
	v.tab.Judge()
	code := func() {
		v.fill("code-1", sixFigures.FindString(v.letter("tour-visitor@demo.example", "is your code", "").Text()))
	}
	code()
	v.press("main button[value=check]")
	v.stop("LANG/rights/ask/about", "LANG/rights/ask/about", http.StatusOK)
	v.stop("LANG/rights/ask/about/{right}", "LANG/rights/ask/about/complain", http.StatusOK)
	v.stop("LANG/rights/ask/about/{right}", "LANG/rights/ask/about/delete", http.StatusOK) // there is nothing
	v.open("/en/rights/ask/about/complain")
	v.fill("text", "Somebody called me about what I never asked.")
	v.press("main button[value=send]")
	at := "LANG" + strings.TrimPrefix(v.tab.Path(), "/en")
	v.stop("LANG/rights/requests/{reference}/{token}", at+"?done=sent", http.StatusOK)
	v.stop("LANG/rights/requests/{reference}/{token}", at, http.StatusOK)
	v.stop("LANG/rights/requests/{reference}/{token}", "LANG/rights/requests/dr-0000-0000/nothing", http.StatusNotFound)
	v.open(strings.Replace(at, "LANG", "/en", 1))
	v.press("main button[value=codes]")
	v.tab.Judge()
	v.stop("LANG/rights/requests/{reference}/{token}/package", at+"/package", http.StatusOK)         // leads to the codes
	v.stop("LANG/rights/requests/{reference}/{token}/certificate", at+"/certificate", http.StatusOK) // leads to the codes
}

// corrects sees what an institution has to correct, for a citizen who is signed
// in.
func (v *tour) corrects(officer *tour) {
	v.open("/en/cabinet/rights/correct")
	v.choose("items", chromium.Value[string](v.tab, `document.querySelector('main input[value^="place case:"]').value`))
	v.fill("text", "The road is another one.")
	v.press("main button[value=send]")
	v.stop("LANG/cabinet/rights/requests/{id}", "LANG"+strings.TrimPrefix(v.tab.Path(), "/en"), http.StatusOK) // with whom it is

	officer.enter("/staff/sign-in", "email", "permit-officer")
	officer.stop("/staff/corrections", "/staff/corrections", http.StatusOK)
	officer.open("/staff/corrections")
	officer.press(`main a[href^="/staff/corrections/"]`)
	at := officer.tab.Path()
	officer.stop("/staff/corrections/{id}", at, http.StatusOK) // not taken
	officer.open(at)
	officer.press("main button[value=take]")
	officer.stop("/staff/corrections/{id}", at, http.StatusOK)
	officer.open(at)
	officer.press("main button[value=answer]") // nothing chosen
	officer.tab.Judge()
	officer.open(at)
	officer.tab.Set("field", "road-permit.road")
	officer.fill("value", "Boduthakurufaanu Magu")
	officer.press("main button[value=write]")
	officer.tab.Judge()
	officer.choose("answer", "granted")
	officer.fill("text", "The road is corrected.")
	officer.press("main button[value=answer]")
	officer.stop("/staff/corrections/{id}", at, http.StatusOK) // done
}

// rights sees asking for something about one's data, and answering it.
func (v *tour) rights(officer *tour) {
	v.enter("/en/sign-in", "contact", "citizen-dhivehi")
	v.stop("LANG/cabinet/rights", "LANG/cabinet/rights", http.StatusOK) // nothing in it
	for _, right := range []string{"see", "delete", "object", "complain", "opt-out"} {
		v.stop("LANG/cabinet/rights/{right}", "LANG/cabinet/rights/"+right, http.StatusOK)
	}
	v.stop("LANG/cabinet/rights/{right}", "LANG/cabinet/rights/nothing", http.StatusNotFound)
	v.open("/en/cabinet/rights/delete")
	v.choose("items", "place profile")
	v.fill("text", "I never used this account.")
	v.send()
	own := "LANG" + strings.TrimPrefix(v.tab.Path(), "/en")
	v.stop("LANG/cabinet/rights/requests/{id}", own+"?done=sent", http.StatusOK)
	v.stop("LANG/cabinet/rights/requests/{id}", "LANG/cabinet/rights/requests/nobodys", http.StatusNotFound)
	v.open("/en/cabinet/rights/opt-out")
	v.choose("items", "purpose research")
	v.send()
	v.stop("LANG/cabinet/rights", "LANG/cabinet/rights", http.StatusOK) // with an objection

	b := v.portal.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {v.portal.Person("citizen-dhivehi")}, "password": {demo.Password}}, http.StatusOK)
	form := b.Page("/en/cabinet/rights/see", http.StatusOK).One("main form").Values()
	form.Set("do", "send")
	made := b.Post("/en/cabinet/rights/see", form).Header.Get("Location")
	made, _, _ = strings.Cut(made, "?")
	for deadline := time.Now().Add(20 * time.Second); !b.Page(made, http.StatusOK).Has(`main a[href$="/package"]`) && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	v.stop("LANG/cabinet/rights/requests/{id}", "LANG"+strings.TrimPrefix(made, "/en"), http.StatusOK)
	v.file(b, "LANG/cabinet/rights/requests/{id}/package", "LANG"+strings.TrimPrefix(made, "/en")+"/package")

	officer.enter("/staff/sign-in", "email", "privacy-officer")
	officer.stop("/staff/rights", "/staff/rights", http.StatusOK)
	officer.stop("/staff/rights", "/staff/rights?show=answered", http.StatusOK)
	desk := "/staff/rights/" + strings.TrimPrefix(own, "LANG/cabinet/rights/requests/")
	officer.stop("/staff/rights/{id}", desk, http.StatusOK) // not taken
	officer.open(desk)
	officer.press("main button[value=take]")
	officer.stop("/staff/rights/{id}", desk, http.StatusOK)
	officer.open(desk)
	officer.choose("item-1", "refused")
	officer.press(`main button[value=decide]`) // no ground and no words
	officer.tab.Judge()
	officer.open(desk)
	officer.choose("item-1", "refused")
	officer.tab.Set("ground-1", "justifications:LegalObligationImpaired")
	officer.fill("text", "An application of yours is being decided.")
	officer.press(`main button[value=decide]`)
	officer.stop("/staff/rights/{id}", desk, http.StatusOK)
	v.stop("LANG/cabinet/rights/requests/{id}", own, http.StatusOK) // to be appealed
	v.stop("LANG/cabinet/rights/requests/{id}/certificate", "LANG/cabinet/rights/requests/nothing/certificate", http.StatusNotFound)
	officer.stop("/staff/rights/{id}/certificate", "/staff/rights/nothing/certificate", http.StatusNotFound)
	v.told(officer)
}

// told sees who is told that a person restricts the use of their data, and
// acknowledging it.
func (v *tour) told(officer *tour) {
	b, o := v.portal.Browse(), v.portal.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {v.portal.Person("citizen-dhivehi")}, "password": {demo.Password}}, http.StatusOK)
	o.Submit("/staff/sign-in", url.Values{"email": {v.portal.Person("privacy-officer")}, "password": {demo.Password}}, http.StatusOK)
	form := b.Page("/en/cabinet/rights/restrict", http.StatusOK).One("main form").Values()
	form.Set("do", "send")
	own, _, _ := strings.Cut(b.Post("/en/cabinet/rights/restrict", form).Header.Get("Location"), "?")
	desk := "/staff/rights/" + own[strings.LastIndex(own, "/")+1:]
	o.Submit(desk, url.Values{"do": {"take"}}, http.StatusOK)
	o.Submit(desk, url.Values{"do": {"decide"}, "item-1": {"granted"}, "text": {"It is restricted."}}, http.StatusOK)
	link := ""
	for deadline := time.Now().Add(20 * time.Second); link == "" && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		_, found, _ := strings.Cut(v.portal.Browse().Page("/demo/mail?lang=en", http.StatusOK).One("main").Text(), "/told/")
		link, _, _ = strings.Cut(strings.TrimSpace(strings.ReplaceAll(found, "\n", " ")), " ")
	}
	v.stop("LANG/cabinet/rights/requests/{id}", "LANG"+strings.TrimPrefix(own, "/en"), http.StatusOK) // with who was told
	officer.stop("/staff/told", "/staff/told", http.StatusOK)
	officer.stop("/staff/told/{id}", o.Page("/staff/told", http.StatusOK).Find(`main td a[href^="/staff/told/"], main a[href^="/staff/told/"]`).Attr("href"), http.StatusOK)
	officer.stop("/staff/told/{id}", "/staff/told/nothing", http.StatusNotFound)
	officer.stop("/staff/told", "/staff/told?show=done", http.StatusOK)
	v.stop("LANG/told/{reference}/{token}", "LANG/told/"+link, http.StatusOK)
	v.open("/en/told/" + link)
	v.press("main button[value=acknowledge]")
	v.says("Acknowledged on")
	v.stop("LANG/told/{reference}/{token}", "LANG/told/nothing/here", http.StatusNotFound)
	ended := b.Page("/en/cabinet/rights", http.StatusOK).One(`main li:last-child form:has(button[value="end"])`).Values() // the restriction came after the objection
	ended.Set("do", "end")
	b.Submit("/en/cabinet/rights", ended, http.StatusOK)
}
