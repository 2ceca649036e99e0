package letter_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/cases/casestest"
	"portico/internal/cases/letter"
	"portico/internal/platform/db"
	"portico/internal/platform/web"
)

func TestO18_TheDecisionIsALetterInTheLanguageOfTheApplicationAndTheOther(t *testing.T) {
	casestest.OnEachEngine(t, func(w *casestest.World) {
		papers := &letter.Site{Cases: w.Cases, Langs: []string{"en", "dv"}}
		router := w.Router(func(r *web.Router) { w.Mount(r); papers.Mount(r) })
		citizen := w.Browse(router, w.Citizen)
		w.Lang = "dv"
		row := w.Applied(w.Citizen)
		at := "/en/cabinet/applications/" + row.ID
		if page, status, path := citizen.Get(at + "/letter"); status != http.StatusOK || path != at || page.Has(`a[href$="/letter"]`) {
			w.T.Errorf("before the decision the letter leads to %s (%d)", path, status)
		}
		w.Store.Clock.Advance(time.Minute)
		a, err := w.Application(w.T.Context(), w.Citizen, row.ID)
		if err != nil {
			w.T.Fatal(err)
		}
		given := casestest.Answers()
		given["name"] = "Aishath Rasheed" // whom it goes to now, not under a former name
		if _, err := w.Amend(w.T.Context(), w.Citizen, row.ID, a.Revision, given); err != nil {
			w.T.Fatal(err)
		}
		w.Taken(row, w.Official)
		const reason = "The road is closed for a procession on that day.\nChoose another day."
		if _, err := w.Act(w.T.Context(), w.Official, row.ID, "in-review", "refuse", reason); err != nil {
			w.T.Fatal(err)
		}
		page, _, _ := citizen.Get(at)
		page, status, _ := citizen.Get(page.One(`main a[href$="/letter"]`).Attr("href"))
		sheets := page.Find("article.letter")
		if status != http.StatusOK || sheets.Len() != 2 {
			w.T.Fatalf("%d sheets (%d)", sheets.Len(), status)
		}
		says := map[string][]string{
			"dv": {"ދޮގުކޮށްފި", "ސަބަބުތަކާއި"},
			"en": {"Refused", "Reasons and remarks", "If you disagree", "within 30 days", "Aishath Rasheed"},
		}
		n := 0
		for sheet := range sheets.All() {
			lang := []string{"dv", "en"}[n] // that of the application first
			n++
			if sheet.Attr("lang") != lang || sheet.Attr("dir") != map[string]string{"dv": "rtl", "en": "ltr"}[lang] {
				w.T.Errorf("sheet %d is in %s, %s", n, sheet.Attr("lang"), sheet.Attr("dir"))
			}
			for _, want := range append(says[lang], row.Reference, "Choose another day.") {
				if !strings.Contains(sheet.Text(), want) {
					w.T.Errorf("the letter in %s does not say %q: %s", lang, want, sheet.Text())
				}
			}
			if strings.Contains(sheet.Text(), "cases.letter.") || strings.Contains(sheet.Text(), "Aishath Mohamed") {
				w.T.Errorf("the letter in %s shows a key, or a former name", lang)
			}
		}
		other := w.Browse(router, w.Person("Hawwa Ibrahim"))
		if _, status, _ := other.Get(at + "/letter"); status != http.StatusNotFound {
			w.T.Errorf("somebody else's letter: %d", status)
		}
	})
}

func TestO18_TheLetterIsOfTheDecisionWhateverTimeAndPaymentDidSince(t *testing.T) {
	casestest.OnEachEngine(t, func(w *casestest.World) {
		papers := &letter.Site{Cases: w.Cases, Langs: []string{"en"}}
		router := w.Router(func(r *web.Router) { w.Mount(r); papers.Mount(r) })
		row := w.Applied(w.Citizen)
		w.Taken(row, w.Official)
		if _, err := w.Act(w.T.Context(), w.Official, row.ID, "in-review", "approve", ""); err != nil {
			w.T.Fatal(err)
		}
		read := func() string {
			page, _, _ := w.Browse(router, w.Citizen).Get("/en/cabinet/applications/" + row.ID + "/letter")
			return page.One("article.letter").Text()
		}
		first := read()
		if !strings.Contains(first, "Approved, payment due") || !strings.Contains(first, "This fee is due:") || strings.Contains(first, "Reasons") {
			w.T.Errorf("the letter of the approval says %s", first)
		}
		w.Store.Clock.Advance(60 * 24 * time.Hour)
		if err := w.Vault.Update(w.T.Context(), func(tx *db.Tx) error { _, err := w.Settle(tx, row.ID); return err }); err != nil {
			w.T.Fatal(err)
		}
		if now := read(); now != first {
			w.T.Errorf("once it is paid the letter says %s", now)
		}
	})
}
