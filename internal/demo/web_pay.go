package demo

import (
	"bytes"
	"net/http"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
)

// page is where people pay.
func (v *Provider) page(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	p := v.payments[v.pages[r.PathValue("page")]]
	if p == nil {
		v.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	v.age(p)
	if p.Status == "created" {
		p.Status = "started"
	}
	words := v.words.Printer(p.Language, nil)
	c := checkout{
		Lang: words.Lang, Dir: words.Dir(), Description: p.Description, Reference: p.Reference, Back: p.Return,
		Amount: words.Money(p.Amount, v.currency), Ended: p.finished() || p.Status == "submitted",
	}
	v.mu.Unlock()
	var b bytes.Buffer
	if err := pay(c).Render(i18n.With(r.Context(), words), &b); err != nil {
		http.Error(w, "the page cannot be drawn", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; font-src 'self'; frame-ancestors 'none'")
	_, _ = w.Write(b.Bytes()) // whoever asked has gone if this fails
}

// paid does what somebody chose on the page, and leads them back.
func (v *Provider) paid(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, messageMax)
	how := r.PostFormValue("how")
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.payments[v.pages[r.PathValue("page")]]
	if p == nil {
		http.NotFound(w, r)
		return
	}
	v.age(p)
	if !p.finished() && p.Status != "submitted" {
		switch how {
		case "pay":
			p.Status = "success"
			v.tell(p, "card_payment_succeeded")
		case "decline":
			p.Status, p.Code = "failed", "P0010"
			v.tell(p, "card_payment_failed")
		case "cancel":
			p.Status, p.Code = "failed", "P0030"
			v.tell(p, "card_payment_failed")
		case "slow":
			p.Status, p.Settles = "submitted", v.clock.Now().Add(slowly)
			v.later(p)
		default:
			http.Error(w, "choose what happens", http.StatusUnprocessableEntity)
			return
		}
	}
	http.Redirect(w, r, p.Return, http.StatusSeeOther)
}

// later tells of a slow payment once its bank has said yes.
func (v *Provider) later(p *payment) {
	v.done.Go(func() {
		if !v.pause(slowly) {
			return
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.age(p); p.Status == "success" {
			v.tell(p, "card_payment_succeeded")
		}
	})
}

func styles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write([]byte(style)) // whoever asked has gone if this fails
}

// letters are those that few machines have.
func letters(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "font/woff2")
	_, _ = w.Write(web.Thaana()) // whoever asked has gone if this fails
}

const style = `
@font-face { font-family: Thaana; src: url(/thaana.woff2) format("woff2"); font-weight: 100 900; unicode-range: U+0780-07BF, U+060C, U+061B, U+061F }
* { box-sizing: border-box }
body { margin: 0; font: 1.125rem/1.8 Thaana, system-ui, sans-serif; color: #1b1f24; background: #f1f3f5 }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem; background: #fff; min-height: 100vh }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 1rem 0 }
dl { margin: 0 0 1.5rem; border-top: 1px solid #ccd1d6 }
dt { padding-top: .75rem; color: #4a5159 }
dd { margin: 0; padding-bottom: .75rem; border-bottom: 1px solid #ccd1d6; overflow-wrap: anywhere }
.note { border-inline-start: .4rem solid #8a5a00; padding-inline-start: .75rem; margin: 0 }
button { display: block; width: 100%; min-height: 3rem; margin-bottom: .75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; border: 2px solid #1d4f91; border-radius: .25rem; background: #1d4f91; color: #fff; cursor: pointer }
fieldset { margin: 1rem 0 0; border: 1px solid #ccd1d6 }
label { display: block; padding: .25rem 0 }
input { inline-size: 1.25rem; block-size: 1.25rem; vertical-align: -.2em }
button.other { background: #fff; color: #1d4f91 }
button:focus-visible, a:focus-visible { outline: 3px solid #f2b600; outline-offset: 2px }
a { color: #1d4f91 }
@media (prefers-color-scheme: dark) {
  body, main { background: #14181d; color: #eceff2 }
  dt { color: #b4bcc4 }
  button.other { background: #14181d; color: #9cc3ff; border-color: #9cc3ff }
  a { color: #9cc3ff }
}
`
