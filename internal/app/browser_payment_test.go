package app

import (
	"net/http"
	"strings"

	"portico/internal/demo"
	"portico/internal/testkit/chromium"
)

// pays goes from an approved application to the provider's page and back: it
// is declined once, and paid then.
func (w *walk) pays() {
	w.t.Helper()
	w.press(`main a.button.primary[href$="/pay"]`)
	order := w.tab.Path()
	if !strings.Contains(order, "/cabinet/payments/") {
		w.t.Fatalf("paying leads to %s: %s", order, w.tab.Text("main"))
	}
	w.says("PAY-", "RP-", "960")
	for _, how := range []string{"decline", "pay"} {
		if w.keyboard {
			w.tab.Reach("main form button.primary")
			w.tab.Enter()
		} else {
			w.tab.Press("main form button.primary")
		}
		w.tab.Arrive("/pay/") // by itself
		w.tab.Judge()
		w.press("main button[value=" + how + "]")
		w.at(order)
	}
	w.says(map[string]string{"en": "The fee is paid.", "dv": "އަގު ދެއްކިއްޖެއެވެ."}[w.lang])
	w.press(`main a[href$="/receipt"]`)
	w.says("PAY-", "RP-", "960")
	w.press(`a[href="` + order + `"]`)
	w.at(order)
}

// payments sees the pages of somebody who pays, and of those who compare what
// was paid with the provider's books.
func (v *tour) payments(finance *tour) {
	v.t.Helper()
	v.open("/en/cabinet/applications")
	own := strings.TrimPrefix(chromium.Value[string](v.tab, `document.querySelector('main table a[href*="/cabinet/applications/"]').pathname`), "/en")
	v.stop("LANG/cabinet/applications/{id}", "LANG"+own, http.StatusOK)
	v.stop("LANG/cabinet/applications/{id}/letter", "LANG"+own+"/letter", http.StatusOK)
	v.stop("LANG/cabinet/applications/{id}/pay", "LANG"+own+"/pay", http.StatusOK)
	v.open("/en" + own + "/pay")
	order := strings.TrimPrefix(v.tab.Path(), "/en")
	v.stop("LANG/cabinet/payments/{id}/receipt", "LANG"+order+"/receipt", http.StatusNotFound) // nothing is paid yet
	v.open("/en" + own)
	v.pays()
	for _, part := range []string{"", "/back", "/receipt"} {
		v.stop("LANG/cabinet/payments/{id}"+part, "LANG"+order+part, http.StatusOK)
	}
	v.stop("LANG/cabinet/payments/{id}", "LANG/cabinet/payments/nobodys", http.StatusNotFound)
	v.stop("LANG/cabinet/payments", "LANG/cabinet/payments", http.StatusOK)

	finance.open("/staff/sign-in")
	finance.fill("email", finance.portal.Person("finance-officer"))
	finance.fill("password", demo.Password)
	finance.send()
	finance.at("/staff/payments")
	finance.stop("/staff/payments", "/staff/payments", http.StatusOK)
	finance.stop("/staff/payments", "/staff/payments?state=held", http.StatusOK) // nothing in it
	finance.stop("/staff/payments", "/staff/payments?reference=PAY-0000-0000", http.StatusNotFound)
	finance.open("/staff/payments")
	entry := chromium.Value[string](finance.tab, `document.querySelector('main table a').pathname`)
	finance.stop("/staff/payments/{reference}", entry, http.StatusOK)
	finance.open(entry)
	finance.says("PAY-")
	finance.press("main button[value=check]")
	finance.at(entry)

}
