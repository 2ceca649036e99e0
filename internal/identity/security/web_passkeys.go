package security

import (
	"net/http"

	"github.com/a-h/templ"

	"portico/internal/identity"
	"portico/internal/identity/factor"
	"portico/internal/identity/pages"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
)

func (o *own) showPasskeys(q *web.Req) error {
	list, err := o.Proofs.Passkeys(q.R.Context(), o.DB, identity.Self(q.Session))
	if err != nil {
		return err
	}
	var rows []pages.PasskeyRow
	for _, p := range list {
		row := pages.PasskeyRow{
			Name: p.Name, Href: o.path(q, "/passkeys/"+p.ID),
			Created: q.P.T("identity.passkey.added", "time", q.P.DateTime(p.Created)), Used: q.P.T("identity.passkey.unused"),
		}
		if !p.Used.IsZero() {
			row.Used = q.P.T("identity.passkey.used", "time", q.P.DateTime(p.Used))
		}
		rows = append(rows, row)
	}
	return q.Page(http.StatusOK, web.Page{
		Title: q.P.T("identity.passkeys"), Body: pages.Passkeys(rows, o.path(q, "/passkeys/add")), Back: o.path(q, ""), Private: true,
	})
}

func (o *own) showAdd(q *web.Req) error { return o.askAdd(q, nil) }

func (o *own) askAdd(q *web.Req, t *identity.Typed) error {
	var options string
	err := o.DB.View(q.R.Context(), func(tx *db.Tx) (err error) {
		options, err = o.Proofs.NewPasskeyOptions(tx, q.Session.Subject, q.Session.ID, o.label(q))
		return err
	})
	if err != nil {
		return err
	}
	return identity.Answer(q, t, o.path(q, "/passkeys"), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.passkey.add"),
		Lead: []string{q.P.T("identity.passkey.add.lead"), q.P.T("identity.passkey.add.app")},
		After: pages.Passkey(pages.PasskeyForm{
			Kind: "create", Action: o.path(q, "/passkeys/add"), Options: options, Only: true,
			Lead: q.P.T("identity.passkey.add.how"), Button: q.P.T("identity.passkey.add"),
			Fields: []templ.Component{o.nameField(q, t, identity.Value(q, "name"))},
		}),
	}, "name")
}

// nameField asks what a passkey is to be called.
func (o *own) nameField(q *web.Req, t *identity.Typed, name string) templ.Component {
	return ui.Input(ui.Field{
		Name: "name", Label: q.P.T("identity.passkey.name"), Hint: q.P.T("identity.passkey.name.hint"), Value: name,
		Error: t.Error("name"), Why: o.Why(q.P, o.passkeyField(), o.base.Activity), Max: factor.NameMax, Autocomplete: "off",
	})
}

func (o *own) takeAdd(q *web.Req) error {
	t := identity.ReadForm(q, "name", "passkey")
	if t.Bad() {
		return o.askAdd(q, t)
	}
	e, err := o.AddPasskey(q.R.Context(), q.Session, q.Value("name"), []byte(q.Value("passkey")), q.Lang)
	return o.changed(q, e, err, "passkey", func(err error) error { t.Add(err); return o.askAdd(q, t) })
}

// passkey finds one of somebody's own by the address of its page.
func (o *own) passkey(q *web.Req) (factor.Passkey, error) {
	list, err := o.Proofs.Passkeys(q.R.Context(), o.DB, identity.Self(q.Session))
	if err != nil {
		return factor.Passkey{}, err
	}
	for _, p := range list {
		if p.ID == q.R.PathValue("id") {
			return p, nil
		}
	}
	return factor.Passkey{}, fault.New(fault.NotFound, "identity.passkey.unknown")
}

func (o *own) showPasskey(q *web.Req) error {
	p, err := o.passkey(q)
	if err != nil {
		return err
	}
	return o.askName(q, nil, p.ID, p.Name)
}

func (o *own) askName(q *web.Req, t *identity.Typed, id, name string) error {
	at := o.path(q, "/passkeys/"+id)
	return identity.Answer(q, t, o.path(q, "/passkeys"), pages.Form{
		Caption: q.P.T("identity.passkeys"), Title: q.P.T("identity.passkey.rename"),
		Action: at, Button: q.P.T("identity.passkey.save"), Fields: []templ.Component{o.nameField(q, t, name)},
		After: pages.RemovePasskey(at + "/remove"),
	}, "name")
}

func (o *own) takeName(q *web.Req) error {
	p, err := o.passkey(q)
	if err != nil {
		return err
	}
	t := identity.ReadForm(q, "name")
	name, err := factor.CheckName(q.Value("name"))
	t.Add(err)
	if t.Bad() {
		return o.askName(q, t, p.ID, q.Value("name"))
	}
	err = o.Vault.Update(q.R.Context(), func(tx *db.Tx) error {
		return o.Proofs.NamePasskey(tx, identity.Self(q.Session), p.ID, name)
	})
	if err != nil {
		return err
	}
	return q.Redirect(o.path(q, "") + "?done=named")
}

func (o *own) takeRemovePasskey(q *web.Req) error {
	p, err := o.passkey(q)
	if err != nil {
		return err
	}
	if _, err := q.Form(); err != nil {
		return err
	}
	e, err := o.RemovePasskey(q.R.Context(), q.Session, p.ID, q.Lang)
	return o.changed(q, e, err, "passkey-removed", func(err error) error { return err })
}

func (o *own) showCodes(q *web.Req) error {
	has, err := o.Has(q.R.Context(), q.Session.Subject)
	if err != nil {
		return err
	}
	return identity.Answer(q, nil, o.path(q, ""), pages.Form{
		Caption: q.P.T("identity.security.title"), Title: q.P.T("identity.codes"),
		Lead:   []string{q.P.T("identity.codes.lead"), q.P.T("identity.codes.left", "n", has.Codes), q.P.T("identity.codes.replace")},
		Action: o.path(q, "/codes"), Button: q.P.T("identity.codes.make"), Act: makeCodes,
	})
}

// makeCodes is what the button sends that makes recovery codes: a new set ends
// the one before, so nothing but that button makes one.
const makeCodes = "make-codes"

func (o *own) takeCodes(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if err := q.Once("act"); err != nil {
		return err
	}
	if q.Value("act") != makeCodes {
		return o.showCodes(q)
	}
	codes, err := o.NewCodes(q.R.Context(), q.Session, q.Lang)
	if err != nil {
		return err
	}
	return q.Page(http.StatusOK, web.Page{Title: q.P.T("identity.codes.new.title"), Body: pages.Codes(codes, o.path(q, "")), Private: true})
}
