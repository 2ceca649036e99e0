package demo

import (
	"bytes"
	"net/http"

	"portico/internal/platform/i18n"
)

// page is where people say who they are.
func (l *Login) page(w http.ResponseWriter, r *http.Request) {
	v := l.asked(r)
	if v == nil {
		http.Error(w, "this portal is not known here, or asks in another way", http.StatusBadRequest)
		return
	}
	words := l.words.Printer(v.Get("ui_locales"), nil)
	var b bytes.Buffer
	if err := logIn(words.Lang, words.Dir(), l.everybody, lies()).Render(i18n.With(r.Context(), words), &b); err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; font-src 'self'; frame-ancestors 'none'")
	_, _ = w.Write(b.Bytes()) // whoever asked has gone if this fails
}
