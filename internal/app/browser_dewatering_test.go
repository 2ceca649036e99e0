package app

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/testkit/chromium"
)

// TestTheDewateringPermitInABrowser goes through both variants on one program,
// in the two looks that the walk through the road permit leaves out: wide by
// keyboard, and narrow by touch without scripts. Every page is judged.
func TestTheDewateringPermitInABrowser(t *testing.T) {
	t.Parallel()
	portal, browser := serveDemo(t), chromium.Start(t)
	for _, c := range []struct {
		look      chromium.Look
		keyboard  bool
		variant   string
		documents []string
		asks      string // what the officer wants to know; nothing: approves at once
		remarks   string
	}{
		{
			chromium.Look{Width: 1280, Language: "dv"}, true, "new",
			[]string{"water-test", "site-plan", "foundation-plan", "pump-specification", "schedule"},
			"ޕަމްޕަކީ އެކެއްތޯ ދޭއްތޯ؟", "ފެން ބޭރުކުރާ ތަން ސާފުކޮށް ބަހައްޓަވާ.",
		},
		{
			chromium.Look{Width: 360, NoScript: true, Dark: true, Language: "en"}, false, "renew",
			[]string{"previous-permit", "schedule", "engineer-statement"},
			"", "Keep the outlet clean.",
		},
	} {
		t.Run(c.variant+"-"+c.look.Language+"-"+c.look.String(), func(t *testing.T) {
			w := &walk{t: t, portal: portal, browser: browser, tab: browser.Tab(t, c.look), lang: c.look.Language, keyboard: c.keyboard}
			home := "/" + w.lang + "/"
			w.open(home + "services/dewatering-permit")
			w.press(fmt.Sprintf("main a[href*='variant=%s']", c.variant))
			w.press("main a.button.primary")
			w.at(home + "sign-in")
			w.fill("contact", portal.Person("citizen"))
			w.fill("password", demo.Password)
			w.send()
			reference := w.dewater(c.variant, c.documents)
			o := w.official(c.look, "dewatering-officer", reference)
			o.says("Harbour hotel", "Kubota", "Hoadhadu Magu", c.documents[0]+".pdf", c.documents[len(c.documents)-1]+".pdf")
			w.press(`main a[href*="/cabinet/applications/"]`)
			own := w.tab.Path()
			if c.asks != "" {
				o.tab.Reach("main details:has([name=message]) > summary")
				o.tab.Keys(" ")
				o.fill("message", c.asks)
				o.press("main button[value=ask]")
				w.open(own)
				w.says(c.asks)
				w.fill("message", "Two")
				w.press("main button[value=answer]")
				o.open(o.tab.Path())
				o.says("Two")
			}
			o.fill("remarks", c.remarks)
			o.press("main button[value=approve]")
			w.open(own)
			w.says(reference, c.remarks, "6,100")
		})
	}
}

// dewater answers the questions of the dewatering permit, uploads its
// documents, declares and sends, and returns the reference.
func (w *walk) dewater(variant string, documents []string) string {
	w.t.Helper()
	list := "/" + w.lang + "/services/dewatering-permit/apply"
	task := func(page string) {
		w.t.Helper()
		w.at(list)
		w.press(`main .task a[href*="/apply/` + page + `?"]`)
		w.at(list + "/" + page)
	}
	task("applicant")
	w.choose("applicant", "person")
	w.fill("identity-number", "A204060")
	w.fill("phone", "7771234")
	w.send()
	task("site")
	w.fill("island", "Gn. Fuvahmulah")
	w.fill("site-address", "Plot 12, Hoadhadu Magu")
	w.fill("project", "Harbour hotel")
	if variant == "new" {
		w.send()
		w.refused("has-foundation-plan")
		w.held("project", "Harbour hotel")
		w.choose("has-foundation-plan", "true")
	}
	w.send()
	task("work")
	start := time.Now().AddDate(0, 0, 20)
	w.fill("pump-make", "Kubota")
	w.fill("pump-capacity", "90")
	w.fill("start-day", strconv.Itoa(start.Day()))
	w.fill("start-month", strconv.Itoa(int(start.Month())))
	w.fill("start-year", strconv.Itoa(start.Year()))
	w.fill("days", "400")
	w.send()
	w.refused("days")
	w.held("pump-make", "Kubota")
	w.fill("days", "12")
	w.send()
	for _, document := range documents {
		task(document)
		w.upload(document + ".pdf")
		w.send()
	}
	w.at(list)
	w.press("main a.button.primary")
	w.at(list + "/check")
	w.says("6,100", "Harbour hotel", documents[0]+".pdf")
	w.choose("_declared", "yes")
	w.send()
	return w.sent()
}
