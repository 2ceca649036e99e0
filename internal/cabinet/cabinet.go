package cabinet

import (
	"context"
	"embed"
	"io/fs"

	"portico/internal/audit"
	"portico/internal/cases"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/vault"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales are the sentences of the package.
func Locales() fs.FS { return locales }

// Applications is what the cabinet needs of the cases.
type Applications interface {
	Summaries(q *web.Req) ([]cases.Summary, error)
}

// Log is what the cabinet needs of the log.
type Log interface {
	Events(ctx context.Context, subject string, before int64, limit int) ([]audit.Event, error)
	Record(ctx context.Context, subject string, n int64) (*audit.Record, error)
}

// Data is what the cabinet needs of the vault.
type Data interface {
	Read(ctx context.Context, use vault.Use) (vault.Values, error)
}

// Cabinet is the person's own pages.
type Cabinet struct {
	Applications Applications
	Log          Log
	Data         Data
	Policy       func() *policy.Policy
	// Standing says how well whoever is signed in is known, by whom and since
	// when; package account does.
	Standing func(q *web.Req) ([]ui.Row, error)
	// Alerts are what other features have waiting for whoever is signed in, the
	// most pressing first.
	Alerts []func(q *web.Req) ([]ui.Item, error)
	Vkey   string // verifier key of the log
}

// actor is the person who is signed in.
func actor(q *web.Req) policy.Actor {
	return policy.Actor{Kind: policy.Person, ID: q.Session.Subject, Strong: q.Session.Strong}
}
