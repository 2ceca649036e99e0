package instance

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/mail"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/services"
)

const (
	maxLanguages = 8
	maxHolidays  = 400
	maxContacts  = 40
	maxAnswer    = 60 // working days
)

var phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 ]{2,20}$`)

// portal checks what portico.yaml says, beyond its form.
func (l *loader) portal(p *Portal) {
	l.texts(portalFile, p, p.Langs())
	if len(p.Languages) == 0 && l.docs[portalFile] != nil {
		l.at(portalFile, "languages", "languages: a portal speaks at least one")
	}
	if len(p.Languages) > maxLanguages {
		l.at(portalFile, "languages", "languages: at most %d", maxLanguages)
		p.Languages = p.Languages[:maxLanguages]
	}
	for i, lang := range p.Languages {
		if !i18n.Valid(string(lang)) {
			l.at(portalFile, index("languages", i), "languages: the program does not know %q", lang)
		}
		if slices.Index(p.Languages, lang) != i {
			l.at(portalFile, "languages", "languages: %q stands here twice", lang)
		}
	}
	if l.docs[portalFile] == nil {
		return
	}
	if len(p.Calendar.Week) == 0 {
		l.at(portalFile, "calendar/week", "calendar/week: a week has at least one working day")
	}
	for i, day := range p.Calendar.Week {
		if slices.Index(p.Calendar.Week, day) != i {
			l.at(portalFile, index("calendar/week", i), "calendar/week: %q stands here twice", day)
		}
	}
	if len(p.Calendar.Holidays) > maxHolidays {
		l.at(portalFile, "calendar/holidays", "calendar/holidays: at most %d", maxHolidays)
	}
	days := map[string]bool{}
	for i, h := range p.Calendar.Holidays {
		if days[h.Date.day] {
			l.at(portalFile, index("calendar/holidays", i), "calendar/holidays: %s stands here twice", h.Date)
		}
		days[h.Date.day] = true
	}
	l.contacts(p.Contacts)
	if a := p.Accounts; a != nil {
		if y, m, d, err := a.ConfirmContacts.Parts(); err != nil || y+m+d == 0 || a.ConfirmContacts == policy.PeriodSession {
			l.at(portalFile, "accounts/confirm-contacts", "accounts/confirm-contacts: a time such as P12M; leave accounts out to ask nobody")
		}
	}
	if b := p.Backups; b != nil {
		periods := map[string]policy.Period{"epoch": b.Epoch, "after": b.After, "kept": b.Kept, "drill": b.Drill}
		if r := b.Required; r != nil {
			periods["required/every"], periods["required/kept"] = r.Every, r.Kept
		}
		for name, period := range periods {
			if y, m, d, err := period.Parts(); err != nil || y+m+d == 0 || period == policy.PeriodSession {
				l.at(portalFile, "backups/"+name, "backups/%s: a time such as P1M", name)
			}
		}
	}
	if n := p.News; n != nil {
		if y, m, d, err := n.Every.Parts(); err != nil || y+m+d == 0 || n.Every == policy.PeriodSession {
			l.at(portalFile, "news/every", "news/every: a time such as P3M; leave news out to promise none")
		}
	}
	if h := p.Help; h != nil {
		for kind, days := range map[string]int{"question": h.AnswerWithin.Question, "feedback": h.AnswerWithin.Feedback, "complaint": h.AnswerWithin.Complaint} {
			if days < 1 || days > maxAnswer {
				l.at(portalFile, "help/answer-within/"+kind, "help/answer-within/%s: 1 to %d working days", kind, maxAnswer)
			}
		}
	}
	for i, c := range p.Categories {
		if err := new(ID).UnmarshalText([]byte(c.ID)); err != nil {
			l.at(portalFile, index("categories", i), "categories: %v", err)
		}
		if slices.IndexFunc(p.Categories, func(o services.Category) bool { return o.ID == c.ID }) != i {
			l.at(portalFile, index("categories", i), "categories: %q stands here twice", c.ID)
		}
	}
	if p.Brand.Primary != "" && p.Brand.Accent != "" {
		if _, err := web.NewBrand(string(p.Brand.Primary), string(p.Brand.Accent)); err != nil {
			for line := range strings.Lines(err.Error()) {
				l.at(portalFile, "brand", "brand: %s", strings.TrimSpace(line))
			}
		}
	}
}

func index(path string, i int) string { return path + "/" + strconv.Itoa(i) }

func (l *loader) contacts(contacts []Contact) {
	if len(contacts) == 0 {
		l.at(portalFile, "contacts", "contacts: people need at least one way to reach the operator")
	}
	if len(contacts) > maxContacts {
		l.at(portalFile, "contacts", "contacts: at most %d", maxContacts)
	}
	ids := map[ID]bool{}
	for i, c := range contacts {
		at := index("contacts", i)
		if ids[c.ID] {
			l.at(portalFile, at+"/id", "contacts: %q stands here twice", c.ID)
		}
		ids[c.ID] = true
		switch c.Kind {
		case "phone":
			if !phoneForm.MatchString(c.Value) {
				l.at(portalFile, at+"/value", "contacts: %q is no telephone number", c.Value)
			}
		case "email":
			if !plainAddress(c.Value) {
				l.at(portalFile, at+"/value", "contacts: %q is no e-mail address", c.Value)
			}
		case "website", "social":
			if c.URL == "" {
				l.at(portalFile, at, "contacts: a %s needs a url", c.Kind)
			}
		}
		if strings.TrimSpace(c.Value) == "" {
			l.at(portalFile, at+"/value", "contacts: value is empty")
		}
	}
}

// plainAddress reports whether s is an e-mail address and nothing around it.
func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && !strings.ContainsAny(s, "\r\n")
}

// environment checks environment.yaml. Its messages repeat no value.
func (l *loader) environment(e *Environment) {
	if e.Listen != "" && !hostPort(e.Listen) {
		l.at(environmentFile, "listen", "listen: must be an address and a port, such as 127.0.0.1:8080")
	}
	if p := e.Proxy; p != nil {
		if !hostPort(p.Listen) {
			l.at(environmentFile, "proxy/listen", "proxy/listen: must be an address and a port, such as 10.0.0.5:8443")
		}
		if _, file := p.Authority.File(); !file {
			l.at(environmentFile, "proxy/authority", "proxy/authority: must be file:PATH")
		}
		if e.TLS == nil {
			l.at(environmentFile, "proxy", "proxy: its listener speaks TLS, so tls is needed too")
		}
	}
	if t := e.TLS; t != nil {
		for key, ref := range map[string]Ref{"certificate": t.Certificate, "key": t.Key} {
			if _, file := ref.File(); !file && ref != (Ref{}) {
				l.at(environmentFile, "tls/"+key, "tls/%s: must be file:PATH, for it is read again when it changes", key)
			}
		}
	}
	if m := e.Mail; m != nil {
		if m.Port < 1 || m.Port > 65535 {
			l.at(environmentFile, "mail/port", "mail/port: must be between 1 and 65535")
		}
		if !host(m.Host) {
			l.at(environmentFile, "mail/host", "mail/host: must be the name or address of a server")
		}
		if !plainAddress(m.From) {
			l.at(environmentFile, "mail/from", "mail/from: must be an e-mail address")
		}
		if (m.Username == Ref{}) != (m.Password == Ref{}) {
			l.at(environmentFile, "mail", "mail: username and password belong together")
		}
	}
	if i := e.Inbound; i != nil {
		if !hostPort(i.Listen) {
			l.at(environmentFile, "inbound/listen", "inbound/listen: must be an address and a port, such as 127.0.0.1:2525")
		} else if h, _, _ := net.SplitHostPort(i.Listen); i.TLS == nil && !(h == "localhost" || net.ParseIP(h).IsLoopback()) {
			l.at(environmentFile, "inbound/listen", "inbound/listen: other machines can connect there, so tls is needed")
		}
		if local, _, _ := strings.Cut(i.Address, "@"); !plainAddress(i.Address) || strings.ToLower(i.Address) != i.Address || len(local) > 20 || strings.Contains(local, "+") {
			l.at(environmentFile, "inbound/address", "inbound/address: must be an e-mail address in small letters, with at most 20 of them before the @ and no +")
		}
	}
	if e.SMS != nil && (e.SMS.From == "" || len(e.SMS.From) > 20) {
		l.at(environmentFile, "sms/from", "sms/from: 1 to 20 characters")
	}
	for name := range e.Destinations {
		if name == "mail" || name == "sms" || name == "payment" || name == "login" {
			l.at(environmentFile, "destinations/"+name, "destinations: %q is a connection of its own", name)
		} else if form(name, ID("").Pattern(), "") != nil {
			l.at(environmentFile, "destinations/"+name, "destinations: a name has small letters, digits and hyphens")
		}
	}
}

func hostPort(s string) bool {
	h, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535 && (h == "" || host(h))
}

var hostForm = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`)

func host(s string) bool { return net.ParseIP(s) != nil || hostForm.MatchString(s) }

// storage checks that a declared party runs the place where the data is (O8),
// and the one where copies are (M13).
func (l *loader) storage(p *Portal, parties []policy.Party) {
	runs := map[string]string{"storage/party": p.Storage.Party}
	if p.Backups != nil && p.Backups.Required != nil {
		runs["backups/required/party"] = p.Backups.Required.Party
	}
	for at, party := range runs {
		if party != "" && !slices.ContainsFunc(parties, func(x policy.Party) bool { return x.ID == party }) {
			l.at(portalFile, at, "%s: %s declares no party %q", at, homes["parties"], party)
		}
	}
}

// evidence checks that each attestation's file is there as it was attested,
// and that no file lies there unnamed.
func (l *loader) evidence(d *policy.Declarations) {
	named := map[string]bool{}
	for i, p := range d.Promises {
		a := p.Attestation
		if a == nil || a.Evidence == "" {
			continue
		}
		at := index("promises", i) + "/attestation"
		named[a.Evidence] = true
		data, ok := l.files[a.Evidence]
		if !ok || !isEvidence(a.Evidence) {
			l.at(homes["promises"], at+"/evidence", "promises: there is no file %q below evidence/", a.Evidence)
			continue
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != a.SHA256 {
			l.at(homes["promises"], at+"/sha256", "promises: %s has another SHA-256: %x", a.Evidence, sum)
		}
	}
	for _, name := range l.within("evidence") {
		if full := path.Join("evidence", name); !named[full] {
			l.report(full, 1, "no attestation names this file")
		}
	}
}
