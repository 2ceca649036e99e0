// Package instance loads a directory of declarations, checks it whole, and
// keeps every version of it that was ever in force.
//
// It promises:
//   - A faulty instance never starts: check and serve run the same Load, which
//     reports every fault at once with its file and line.
//   - Strict: unknown files and keys, keys twice, other types, missing
//     languages, references that lead nowhere, links out of the directory and
//     whatever is larger than its bound are faults. Load never panics or hangs.
//   - An Instance is immutable and hashed: SHA-256 over the canonical JSON
//     (RFC 8785) of all declarations except environment.yaml. Comments and
//     order of keys make no new version; anything else does.
//   - Each version stays in the database from its first start on, so that a
//     case goes on under the version it was submitted under, and the policy's
//     "last updated" is the time at which its hash was first in force (O15).
//   - Policy and terms come into force by themselves at the first start only.
//     Later a directory that changes them is proposed, as a whole, until package
//     changes puts it in force (I13). They are: the declarations of policy/ and
//     what services add to them (fields, activities), policy/text and
//     policy/terms, and of portico.yaml the operator's name, address and law and
//     the location of storage, which both speak of. Everything else flows.
//
// It owns the tables instance_version, instance_loaded and instance_force. It keeps O1 (a policy without one of its
// chapters is refused), O15 (newest version) and the instance's half of I1.
//
// # The directory
//
//	portico.yaml              the portal: names, languages, operator, calendar …
//	environment.yaml          what differs per place; not part of the hash
//	policy/*.yaml             the declarations of package policy (see there):
//	    data purposes recipients retention cookies rights promises
//	    deferrals (may be missing)
//	policy/text/LANG.md       the policy in words, one file a language
//	policy/terms/LANG.md      the terms of use, one file a language
//	services/ID/…             a service: service.yaml form.yaml rules.yaml workflow.yaml
//	                          tests/*.yaml (see packages services and forms)
//	notices/*.yaml            what people are told, a file a kind (see package notify/kinds)
//	news/*.yaml               what is new: date, title, text
//	evidence/*                files that attestations name (any type)
//	demo.yaml                 the invented people of a demonstration (optional)
//	locales/LANG.yaml         sentences of the program that this portal says otherwise (optional)
//	README.md                 for whoever maintains it; not loaded
//
// Files and folders whose name begins with a dot are ignored, every other one
// that is not listed here is a fault. YAML is read by platform/strict: no
// anchors, no tags, text in quotes where it looks like a number.
//
// # portico.yaml
//
//	id: onegov                    # a-z 0-9 -; stands in the store and the keys, never changes
//	languages: [en, dv]           # the first is the one that visitors get who ask for none of them
//	name:        {en: oneGov, dv: ވަންގަވް}
//	description: {en: Government services in one place, dv: …}
//	operator:
//	  name:    {en: National Digital Services Agency, dv: …}
//	  address: {en: "Malé, Maldives", dv: …}
//	  law:     {en: Republic of Maldives, dv: …}      # governing law
//	  website: https://one.gov.mv                     # optional
//	storage:                      # where the data is (O8)
//	  location: {en: "data centres in Malé", dv: …}
//	  country: MV                                     # ISO 3166-1
//	  party: ndsa                                     # who runs it: a party of recipients.yaml
//	brand:
//	  primary: "#0f5c4d"          # both at least 4.5:1 on their backgrounds, or refused
//	  accent:  "#ffb83d"          # of the focus, under dark letters
//	timezone: Indian/Maldives     # IANA
//	currency: MVR                 # ISO 4217
//	calendar:
//	  week: [sunday, monday, tuesday, wednesday, thursday]   # working days
//	  holidays:
//	    - {date: 2026-07-26, name: {en: Independence Day, dv: …}}
//	categories:                   # headings of the catalogue, in this order
//	  - {id: roads, name: {en: Roads and public places, dv: …}}
//	contacts:                     # every channel that the policy names (O16)
//	  - {id: helpline, kind: phone, value: "1500", name: {en: Helpline, dv: …}}
//	  - {id: instagram, kind: social, value: oneGovmv, url: "https://instagram.com/oneGovmv", name: {en: Instagram, dv: …}}
//
// The kinds of contact are phone, email, website, address and social.
//
// # environment.yaml
//
//	address: https://one.gov.mv   # as people see it
//	listen: 127.0.0.1:8080        # --listen wins
//	proxy:                        # only behind one
//	  listen: 10.0.0.5:8443       # for it alone; it shows a certificate there
//	  authority: file:/etc/portico/proxy-ca.pem   # which this authority signed
//	tls:
//	  certificate: file:/etc/portico/tls.crt
//	  key: file:/etc/portico/tls.key
//	mail:                         # the connection "mail"
//	  host: smtp.one.gov.mv
//	  port: 587
//	  from: no-reply@one.gov.mv
//	  username: env:PORTICO_SMTP_USER        # optional
//	  password: env:PORTICO_SMTP_PASSWORD    # optional
//	sms:                          # the connection "sms"
//	  url: https://sms.example.mv/v1/messages
//	  from: ONEGOV
//	  token: env:PORTICO_SMS_TOKEN
//	destinations:                 # further connections, by name
//	  payments: {url: https://pay.example.mv, token: env:PORTICO_PAY_TOKEN}
//
// Everything in it may be left out. A secret is only ever a reference, file:PATH or
// env:NAME; check looks at its form, serve at what it leads to. Each
// connection belongs to exactly one party: recipients.yaml lists it among that
// party's destinations (O6), and a destination that is no connection here is a fault.
//
// # policy/text/LANG.md and policy/terms/LANG.md
//
// Markdown without HTML. Facts are references ({fields}, {purposes},
// {retention}, {recipients}, {cookies} …), claims end with {promise:ID}, and
// chapters carry the anchors that package privacy lists. Terms are Markdown
// with the same references.
//
// # locales/LANG.yaml
//
//	cases.submitted: Your application is with us.
//
// A flat map from the program's own keys; a key that the program does not
// know is a fault, so is one that is not said in every language.
//
//	words:
//	  official: employee
//
// has every sentence of the language say one word for another; one that the
// program never says is a fault.
package instance
