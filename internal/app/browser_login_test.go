package app

import (
	"net/http"

	"portico/internal/login"
)

// logIn presses what leads to the login, and says there who one is.
func (w *walk) logIn(form, as string) {
	w.t.Helper()
	w.tab.Press(`main form[action$="` + form + `"] button`)
	w.tab.Arrive("/authorize") // by itself
	w.tab.Judge()
	w.press(`main button[value="` + as + `"]`)
}

// vouched opens an account by the login of somebody else, and sees the pages
// that go with it.
func (v *tour) vouched() {
	v.t.Helper()
	const as, open, link = "ibrahim@demo.example", "/sign-in/login/open", "/cabinet/security/login"
	v.stop(login.BackPath, login.BackPath, http.StatusUnprocessableEntity) // nobody left
	for _, why := range []string{"refused", "contact"} {
		v.stop("LANG/sign-in/login/failed", "LANG/sign-in/login/failed?why="+why, http.StatusUnprocessableEntity)
	}
	v.stop("LANG/sign-in/login/failed", "LANG/sign-in/login/failed?why=down", http.StatusServiceUnavailable)
	v.open("/en/sign-in?next=%2Fen%2Fcabinet%2Fdata")
	v.logIn("/sign-in/login", as)
	v.at("/en" + open)
	v.says("Ibrahim Naseem Hassan", "A777888", as)
	v.stop("LANG"+open, "LANG"+open, http.StatusOK)
	v.open("/en" + open + "?next=%2Fen%2Fcabinet%2Fdata")
	v.press("main form button.primary")
	v.at("/en/cabinet/data")
	v.says("Ibrahim Naseem Hassan")
	v.stop("LANG"+link, "LANG"+link, http.StatusOK)
	v.stop("LANG/cabinet/level", "LANG/cabinet/level", http.StatusOK)
	v.stop("LANG/step-up", "LANG/step-up", http.StatusOK)
	v.open("/en/step-up")
	v.logIn("/step-up/login", as)
	v.at("/en/cabinet/")
	v.open("/en/cabinet/history")
	v.says("With another login", "Proved again with another login")
}
