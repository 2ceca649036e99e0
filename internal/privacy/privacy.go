package privacy

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/internal/platform/clock"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/policy/jsonld"
	"portico/internal/policy/text"
)

//go:embed locales
var localeFiles embed.FS

// Locales returns the sentences of the package.
func Locales() fs.FS { return localeFiles }

// Version is the policy of an instance as it was in force from some moment on.
type Version struct {
	ID       string    // its hash
	From     time.Time // when it was first in force
	Policy   *policy.Policy
	Text     map[string]*text.Document // by language
	Terms    map[string]*text.Document
	Portal   Portal
	Services []Service
	Revision policy.Revision // why it came
}

// Portal is what the pages say about the portal itself.
type Portal struct {
	Name     i18n.Text
	Operator i18n.Text
	Address  i18n.Text
	Law      i18n.Text
	Location i18n.Text     // where data is stored (O8)
	Consent  i18n.Text     // what people agree to about that, apart (N11); may be empty
	Horizon  policy.Period // after which no copy opens what was erased
	Copies   *Copies       // that a law requires (M13); nil: none
	URL      string        // https://one.gov.mv, without a slash at the end
	Contacts []Contact
}

// Copies is what a law requires of copies of the data.
type Copies struct {
	Law      i18n.Text
	Every    policy.Period // how often one is made
	Kept     policy.Period // and how long it is kept
	Location i18n.Text
	Party    string // id of the one that runs the place
}

// Contact is a channel through which people reach the operator.
type Contact struct {
	Kind  string // phone | email | website | address | social
	Name  i18n.Text
	Value string
	URL   string // may be empty
}

// Service names a service: its activities and fields begin with its id.
type Service struct {
	ID   string
	Name i18n.Text
}

// Source gives the versions of the policy.
type Source interface {
	// Current is the version in force.
	Current() *Version
	// Coming is the version that was announced, in force from a later moment on;
	// nil if none was.
	Coming(ctx context.Context) (*Version, error)
	// Versions are all there ever were, newest first; the first is in force.
	Versions(ctx context.Context) ([]*Version, error)
}

// Config is what the pages need.
type Config struct {
	Source Source
	Clock  clock.Clock
}

// Pages shows the policy.
type Pages struct {
	source Source
	clock  clock.Clock
}

// New returns the pages.
func New(c Config) *Pages { return &Pages{source: c.Source, clock: c.Clock} }

// Formats are those that Write knows.
func Formats() []string { return []string{"html", "md", "json", "jsonld", "cedar"} }

// Write writes a version in one of the formats: the text in p's language as
// html or md, or the declarations as json, jsonld or cedar.
func Write(ctx context.Context, w io.Writer, v *Version, p *i18n.Printer, format string) error {
	switch format {
	case "html":
		return document(w, i18n.With(ctx, p), v, v.Text[p.Lang], p)
	case "md":
		doc := v.Text[p.Lang]
		if doc == nil {
			return fmt.Errorf("the policy has no text in %q", p.Lang)
		}
		return doc.Markdown(w, func(w io.Writer, r text.Reference) error { return plainly(w, v, p, r) })
	case "json":
		b, err := jsonOf(v.Policy.Declarations())
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	case "jsonld":
		b, err := jsonld.Document(v.Policy, v.Portal.URL+"/privacy.jsonld")
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	case "cedar":
		_, err := io.WriteString(w, v.Policy.Cedar())
		return err
	}
	return fmt.Errorf("no format %q: write one of %s", format, strings.Join(Formats(), ", "))
}

// href is where a contact leads, or empty.
func (c Contact) href() string {
	switch {
	case c.Kind == "phone":
		return "tel:" + strings.ReplaceAll(c.Value, " ", "")
	case c.Kind == "email":
		return "mailto:" + c.Value
	case strings.HasPrefix(c.URL, "https://"):
		return c.URL
	case c.Kind == "website" && strings.HasPrefix(c.Value, "https://"):
		return c.Value
	}
	return ""
}

// contactURI is where security reports go, as security.txt wants it.
func (v *Version) contactURI() string {
	for _, kind := range []string{"email", "website", "phone", "social"} {
		i := slices.IndexFunc(v.Portal.Contacts, func(c Contact) bool { return c.Kind == kind && c.href() != "" })
		if i < 0 {
			continue
		}
		if u, err := url.Parse(v.Portal.Contacts[i].href()); err == nil {
			return u.String()
		}
	}
	return v.Portal.URL
}

// serviceOf is the service to which a field or an activity belongs.
func (v *Version) serviceOf(id string) (Service, bool) {
	first, _, _ := strings.Cut(id, ".")
	i := slices.IndexFunc(v.Services, func(s Service) bool { return s.ID == first })
	if i < 0 {
		return Service{}, false
	}
	return v.Services[i], true
}
