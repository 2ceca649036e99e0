package arch

// row is a package below internal/ and what of Portico it may import besides
// platform packages, which know no domain and which features may all use.
type row struct {
	pkg     string
	imports []string
	why     map[string]string // the reason for an edge that goes sideways
}

// features is the table of allowed imports: imports go down the list only.
var features = []row{
	{"app", []string{"connect", "deferral", "demo", "demo/cast", "retention", "retention/handover", "retention/measure", "recipients", "staysout", "holdings", "instance", "proof", "cabinet", "login", "account", "mandates", "payments", "changes", "consent", "contact", "contact/complaint", "contact/inbound", "rights", "rights/correct", "rights/fate", "rights/deadline", "rights/leaving", "rights/office", "rights/own", "rights/visitor", "rights/places", "rights/takeout", "cookies", "analytics", "privacy", "notify", "notify/kinds", "news", "desk", "documents", "drafts", "cases", "cases/amend", "uploads", "services", "services/described", "services/preview", "forms", "staff", "identity", "backup", "vault", "ledger", "audit", "keys", "policy", "policy/text", "cases/letter", "cases/automatic", "cases/find", "drafts/enter"}, nil},
	{"demo/cast", []string{"demo", "instance", "account", "mandates", "staff", "identity", "vault", "policy"}, nil},
	{"demo", nil, nil},
	{"connect", []string{"instance", "login", "payments", "uploads"}, nil},
	{"rights/places", []string{"rights/takeout", "mandates", "contact", "drafts", "cases", "services", "forms", "uploads", "vault", "policy"}, nil},
	{"deferral", []string{"identity", "vault", "ledger", "audit", "policy"}, nil},
	{"changes", []string{"holdings", "instance", "privacy", "notify", "notify/kinds", "vault", "audit", "policy"}, nil},
	{"cabinet", []string{"contact", "mandates", "cases", "services", "identity", "vault", "audit", "keys", "policy"}, nil},
	{"login", []string{"holdings", "account", "identity", "vault", "ledger", "policy"}, nil},
	{"account", []string{"holdings", "identity", "vault", "ledger", "audit", "policy"}, nil},
	{"mandates", []string{"holdings", "identity", "vault", "ledger", "audit", "policy"}, nil},
	{"rights/leaving", []string{"rights", "recipients", "vault", "policy"}, nil},
	{"rights/correct", []string{"rights", "rights/sheet", "rights/deadline", "holdings", "cases", "forms", "staff", "identity", "vault", "policy"}, nil},
	{"rights/fate", []string{"rights", "retention", "holdings", "vault", "keys", "policy"}, nil},
	{"rights/office", []string{"rights", "rights/sheet", "identity", "policy"}, nil},
	{"rights/visitor", []string{"rights/own", "rights", "rights/takeout", "holdings", "identity", "vault", "policy"}, nil},
	{"rights/own", []string{"rights", "rights/sheet", "identity", "policy"}, nil},
	{"rights/sheet", []string{"rights", "identity", "policy"}, nil},
	{"rights", []string{"rights/deadline", "rights/takeout", "recipients", "holdings", "staff", "identity", "vault", "ledger", "audit", "notify/kinds", "policy"}, nil},
	{"rights/deadline", []string{"policy"}, nil},
	{"retention/handover", []string{"rights/takeout", "rights/export", "retention", "holdings", "vault", "ledger", "audit", "keys", "policy"}, nil},
	{"rights/takeout", []string{"rights/export", "holdings", "vault", "audit", "keys", "policy"}, nil},
	{"rights/export", []string{"keys"}, nil},
	{"recipients", []string{"holdings", "staff", "identity", "vault", "audit", "policy"}, nil},
	{"contact/complaint", []string{"contact", "holdings", "identity", "vault", "policy"}, nil},
	{"contact", []string{"holdings", "contact/inbound", "uploads", "staff", "identity", "vault", "policy"}, nil},
	{"contact/inbound", nil, nil},
	{"retention/measure", []string{"retention", "holdings", "vault", "keys", "policy"}, nil},
	{"retention", []string{"holdings", "vault", "ledger", "audit", "keys", "policy"}, nil},
	{"consent", []string{"vault", "ledger", "audit", "keys", "policy"}, nil},
	{"cookies", []string{"policy"}, nil},
	{"analytics", []string{"policy"}, nil},
	{"proof", []string{"vault", "audit", "keys", "policy"}, nil},
	{"instance", []string{"privacy", "news", "notify/kinds", "services", "services/paper", "forms", "policy", "policy/text"}, map[string]string{
		"privacy": "an instance hands out the versions of its policy as the pages read them",
	}},
	{"privacy", []string{"proof", "policy", "policy/jsonld", "policy/text"}, map[string]string{
		"proof": "the policy page shows the status of a promise beside its sentence",
	}},
	{"news", []string{"notify", "notify/kinds"}, nil},
	{"notify", []string{"holdings", "notify/kinds", "cases", "services", "vault", "audit", "ledger", "policy"}, nil},
	{"payments", []string{"holdings", "cases", "services", "forms", "vault", "policy"}, nil},
	{"desk", []string{"holdings", "cases", "cases/find", "cases/letter", "uploads", "uploads/viewer", "services", "forms", "staff", "identity", "vault", "audit", "policy"}, nil},
	{"documents", []string{"holdings", "cases", "services", "services/paper", "forms", "identity", "vault", "ledger", "policy"}, nil},
	{"drafts/enter", []string{"drafts", "cases", "cases/find", "services", "identity", "policy"}, nil},
	{"drafts", []string{"holdings", "cases", "cases/find", "uploads", "services", "forms", "identity", "vault", "audit", "policy"}, nil},
	{"cases/amend", []string{"cases", "uploads", "forms", "vault", "policy"}, nil},
	{"cases/letter", []string{"cases", "cases/automatic", "services", "forms", "policy"}, nil},
	{"cases/automatic", []string{"cases", "services", "forms", "policy"}, nil},
	{"cases/find", []string{"cases", "services", "audit", "policy"}, nil},
	{"cases", []string{"holdings", "services", "forms", "vault", "audit", "policy"}, nil},
	{"uploads", []string{"holdings", "uploads/pdf", "uploads/viewer", "vault", "policy"}, nil},
	{"uploads/viewer", nil, nil},
	{"uploads/pdf", nil, nil},
	{"services/preview", []string{"services", "forms", "policy"}, nil},
	{"services/described", []string{"services", "forms", "policy"}, nil},
	{"services", []string{"services/paper", "services/search", "forms", "policy"}, nil},
	{"services/paper", []string{"forms", "policy"}, nil},
	{"services/search", nil, nil},
	{"forms", []string{"policy"}, nil},
	{"staff", []string{"holdings", "identity", "vault", "ledger", "audit", "policy"}, map[string]string{
		"identity": "an official's account is an account: credentials and sessions live in one place",
	}},
	{"staysout", []string{"holdings", "vault", "ledger", "audit", "policy"}, nil},
	{"identity", []string{"holdings", "vault", "ledger", "audit", "policy"}, nil},
	{"backup", []string{"ledger", "audit", "keys"}, nil},
	{"vault", []string{"holdings", "ledger", "audit", "keys", "policy"}, nil},
	{"ledger", []string{"keys"}, nil},
	{"audit", []string{"keys"}, nil},
	{"keys", nil, nil},
	{"holdings", []string{"policy"}, nil},
	{"notify/kinds", []string{"policy"}, nil},
	{"policy/jsonld", []string{"policy"}, nil},
	{"policy/text", []string{"policy"}, nil},
	{"policy", nil, nil},
}

// platform lists what platform packages may import of each other.
var platform = []row{
	{"platform/web", []string{"platform/clock", "platform/fault", "platform/i18n", "platform/id", "platform/web/ui"}, nil},
	{"platform/web/ui", []string{"platform/i18n"}, nil},
	{"platform/jobs", []string{"platform/clock", "platform/db", "platform/fault", "platform/id"}, nil},
	{"platform/blobs", []string{"platform/clock", "platform/fault", "platform/id"}, nil},
	{"platform/outbound", nil, nil},
	{"platform/mail", []string{"platform/clock", "platform/fault"}, nil},
	{"platform/db", []string{"platform/fault"}, nil},
	{"platform/i18n", nil, nil},
	{"platform/strict", nil, nil},
	{"platform/id", nil, nil},
	{"platform/fault", nil, nil},
	{"platform/clock", nil, nil},
}

// dependencies says which packages use which module outside the standard
// library: P is P and what is below it, "*" is everybody.
var dependencies = map[string][]string{
	"codeberg.org/go-pdf/fpdf":              {"internal/documents/pdf"},
	"cel.dev/cel-go":                        {"internal/forms"},
	"github.com/a-h/templ":                  {"*"},
	"github.com/andybalholm/cascadia":       {"internal/testkit"},
	"github.com/ccojocar/zxcvbn-go":         {"internal/identity"},
	"github.com/chromedp/cdproto":           {"internal/testkit"},
	"github.com/chromedp/chromedp":          {"internal/testkit"},
	"github.com/coreos/go-oidc":             {"internal/login"},
	"github.com/emersion/go-message":        {"internal/contact/inbound"},
	"github.com/emersion/go-smtp":           {"internal/demo", "internal/contact"},
	"github.com/fxamacker/cbor":             {"internal/identity/factor/factortest"},
	"github.com/go-text/typesetting":        {"internal/documents/pdf"},
	"github.com/go-webauthn/webauthn":       {"internal/identity"},
	"github.com/goccy/go-yaml":              {"internal/platform/i18n", "internal/platform/strict"},
	"github.com/gowebpki/jcs":               {"internal/audit", "internal/instance", "internal/keys", "internal/policy"},
	"github.com/jackc/pgx":                  {"internal/platform/db", "internal/testkit"},
	"github.com/pquerna/otp":                {"internal/identity"},
	"github.com/pressly/goose":              {"internal/platform/db"},
	"github.com/prometheus/client_golang":   {"internal/platform/web", "internal/app"},
	"github.com/santhosh-tekuri/jsonschema": {"internal/forms"},
	"github.com/spf13":                      {"cmd"},
	"github.com/wneessen/go-mail":           {"internal/platform/mail"},
	"github.com/yuin/goldmark":              {"internal/policy/text"},
	"golang.org/x/crypto":                   {"internal/identity", "internal/keys"},
	"golang.org/x/image/math":               {"internal/documents/pdf"},
	"golang.org/x/mod/sumdb":                {"internal/audit", "internal/keys"},
	"golang.org/x/net/html":                 {"internal/testkit", "internal/contact/inbound"},
	"golang.org/x/net/idna":                 {"internal/identity"},
	"golang.org/x/oauth2":                   {"internal/login"},
	"golang.org/x/text":                     {"internal/platform/i18n", "internal/forms", "internal/identity", "internal/services"},
	"modernc.org/sqlite":                    {"internal/platform/db"},
	"rsc.io/qr":                             {"internal/documents", "internal/identity"},
}

// exceptions from a rule, by rule and file or package, with the reason.
var exceptions = map[string]map[string]string{
	"time": {
		"internal/platform/clock/clock.go": "this is the clock",
		"internal/platform/db/sqlite.go":   "measures how long a group of writers grows, which no rule depends on",
	},
	"global": {
		"internal/platform/db.checked": "which SQL texts have been checked: the same for everybody, and only grows to their number",
	},
}
