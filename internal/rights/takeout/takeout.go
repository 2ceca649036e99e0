package takeout

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/audit"
	"portico/internal/holdings"
	"portico/internal/keys"
	"portico/internal/platform/clock"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/policy"
	"portico/internal/rights/export"
	"portico/internal/vault"
)

// Activity is the one under which the program opens what goes into a package.
const Activity = "rights-package"

// Named is a place where something is kept of a person, as people call it.
type Named struct {
	Scope string
	Name  string
	Basis policy.Term // what keeping it rests on
	// Words say a value of a field as people read it elsewhere; nil, or false: as
	// it is.
	Words func(field, value string) (string, bool)
}

// File is a file that somebody gave.
type File struct {
	ID, Name, Type string
	Field          string
	Content        io.ReadCloser
}

// Files gives out the files of a place, each through the gate.
type Files interface {
	// Of lists the files of a place that can be opened, by id.
	Of(ctx context.Context, subject, scope string) ([]string, error)
	// Open opens one as a use of the program's own.
	Open(ctx context.Context, fileID, activity string) (*File, error)
}

// Maker makes packages. It is safe for concurrent use.
type Maker struct {
	DB        *db.DB
	Vault     *vault.Vault
	Policy    func() *policy.Policy
	Clock     clock.Clock
	Zone      func() *time.Location
	Ring      *keys.Ring
	Log       *audit.Log
	Holdings  *holdings.Registry
	Columns   func(table string) []string // which may be read of rows (see db.Readable); nil: none
	Files     Files                       // nil: there are none
	Catalogue *i18n.Catalogue
	// Places are where something is kept of a person, in the language of the
	// printer. It opens nothing.
	Places func(ctx context.Context, p *i18n.Printer, subject string) ([]Named, error)
	// Cause says in words why something was done that is no activity.
	Cause func(p *i18n.Printer, reason string) string
}

// For is the request that a package is made for.
type For struct {
	Request   string // its id
	Reference string
	People    []string // whose data it is: of one person, the first is who asked
	Language  string
	Outside   bool // who asked has no cabinet, or asked without it
	Copy      bool // for another provider: only what the person provided
}

func (f For) kind() string {
	if f.Copy {
		return string(policy.RightCopy)
	}
	return string(policy.RightAccess)
}

// value is one value of a package.
type value struct {
	Place    string `json:"place"`
	Field    string `json:"field"`
	Name     string `json:"name"`
	Category string `json:"category"`
	Type     string `json:"@type"`
	Item     string `json:"item,omitempty"`
	Value    string `json:"value"`
	Source   string `json:"source"`
	Since    string `json:"since,omitempty"`
	Until    string `json:"until,omitempty"` // of what the person changed: when
	Kept     string `json:"kept,omitempty"`
}

// use is one event of a package: who used what, and why. It names no official.
type use struct {
	N         int64    `json:"n"`
	At        string   `json:"at"`
	Kind      string   `json:"kind"`
	Who       string   `json:"who"`
	Role      string   `json:"role,omitempty"`
	Party     string   `json:"party,omitempty"`
	Activity  string   `json:"activity,omitempty"`
	Purpose   string   `json:"purpose,omitempty"`
	Basis     string   `json:"basis,omitempty"`
	Fields    []string `json:"fields,omitempty"`
	Reference string   `json:"reference,omitempty"`
	Reason    string   `json:"reason,omitempty"`

	// Of what a law let be shown later: what it was, when it happened, and on
	// which ground it was left out until then.
	Was      string `json:"was,omitempty"`
	Happened string `json:"happened,omitempty"`
	Deferral string `json:"deferral,omitempty"`
}

// thing is something that is kept, with its rule.
type thing struct {
	Kind    string           `json:"kind"`
	Name    string           `json:"name"`
	ID      string           `json:"id,omitempty"`
	Ref     string           `json:"reference,omitempty"`
	Service string           `json:"service,omitempty"`
	Outcome string           `json:"outcome,omitempty"`
	Since   string           `json:"since,omitempty"`
	Rule    string           `json:"rule,omitempty"`
	Kept    string           `json:"kept,omitempty"`
	Due     string           `json:"due,omitempty"`
	Says    []map[string]any `json:"says,omitempty"` // its states, times and numbers, a row each
}

// gathered is the content of a package while it is made.
type gathered struct {
	request For
	p       *i18n.Printer
	pol     *policy.Policy
	names   map[string]string // of places
	words   map[string]func(field, value string) (string, bool)
	values  []value
	files   []fileEntry
	uses    []use
	things  []thing
}

// fileEntry is a file of a package.
type fileEntry struct {
	Place string `json:"place"`
	Field string `json:"field"`
	Name  string `json:"name"`
	Path  string `json:"path"`
}

// provided reports whether a value came from the person.
func provided(source string) bool {
	return source == policy.SourceForm || source == policy.SourceBrowser || source == policy.SourceMail
}

// counted counts what passes through it.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Write writes everything that belongs into the package of a request, and says
// how far it is. It returns how long the package is.
func (s *Maker) Write(ctx context.Context, r For, to io.Writer, progress func(done, total int) error) (int64, error) {
	count := &counted{w: to}
	err := s.write(ctx, r, count, progress)
	return count.n, err
}

func (s *Maker) write(ctx context.Context, r For, to io.Writer, progress func(done, total int) error) error {
	g := &gathered{request: r, p: s.Catalogue.Printer(r.Language, s.Zone()), pol: s.Policy(), names: map[string]string{}, words: map[string]func(string, string) (string, bool){}}
	places, total := []place{}, 2
	for _, one := range r.People {
		named, err := s.Places(ctx, g.p, one)
		if err != nil {
			return err
		}
		for _, n := range named {
			g.names[n.Scope], g.words[n.Scope] = n.Name, n.Words
		}
		found, held, rows, err := s.look(ctx, g, one)
		if err != nil {
			return err
		}
		if places = append(places, found...); !r.Copy {
			g.things = append(g.things, s.thingsOf(g, held, rows)...)
		}
	}
	w := export.NewWriter(to)
	total += len(places)
	for n, one := range places {
		if err := progress(n, total); err != nil {
			return err
		}
		if err := s.gather(ctx, g, one); err != nil {
			return err
		}
		if err := s.attach(ctx, g, w, one); err != nil {
			return err
		}
	}
	if err := progress(len(places), total); err != nil {
		return err
	}
	for _, one := range r.People {
		if r.Copy {
			break
		}
		if err := s.gatherUses(ctx, g, one); err != nil {
			return err
		}
	}
	if err := progress(len(places)+1, total); err != nil {
		return err
	}
	if err := s.fill(ctx, g, w); err != nil {
		return err
	}
	return w.Close(export.Manifest{
		ID: r.Request, Kind: r.kind(), Subject: r.People[0], Made: written(s.Clock.Now()), Language: r.Language, Policy: g.pol.Hash(),
	}, s.Ring)
}

// place is where values of a person are kept.
type place struct {
	subject, scope string
	kept           []vault.Kept
	rule           string // of the thing that is kept there; empty: each value goes by its category
}

// look says where values of a person are kept, once each, and what is.
func (s *Maker) look(ctx context.Context, g *gathered, subject string) (places []place, held []holdings.Item, rows [][]holdings.Row, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		places = nil
		kept, err := s.Vault.Inventory(tx, subject)
		if err != nil {
			return err
		}
		for _, k := range kept {
			if !slices.ContainsFunc(places, func(p place) bool { return p.scope == k.Scope }) {
				places = append(places, place{subject: subject, scope: k.Scope, kept: kept})
			}
		}
		if held, err = s.Holdings.Held(tx, g.pol, subject); err == nil && s.Columns != nil {
			rows, err = s.Holdings.Rows(tx, held, s.Columns)
		}
		return err
	})
	for i := range places {
		if n := slices.IndexFunc(held, func(h holdings.Item) bool { return h.Scope == places[i].scope && h.Rule != "" }); n >= 0 {
			places[i].rule = held[n].Rule
		}
	}
	return places, held, rows, err
}

// gather opens the values of a place, as a use that the person sees. A copy for
// another provider opens and holds only what the person provided.
func (s *Maker) gather(ctx context.Context, g *gathered, at place) error {
	var fields []string
	scope := at.scope
	for _, k := range at.kept {
		_, declared := g.pol.Field(k.Field)
		if k.Scope == scope && declared && !slices.Contains(fields, k.Field) && !strings.HasPrefix(k.Field, "staff.") &&
			(!g.request.Copy || provided(k.Source)) {
			fields = append(fields, k.Field)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	values, err := s.Vault.Read(ctx, vault.Use{
		Actor: policy.Actor{Kind: policy.System, ID: "portico"}, Subject: at.subject, Activity: Activity, Operation: policy.Use,
		Scope: scope, Fields: fields, Reference: g.request.Reference,
	})
	if err != nil {
		return err
	}
	var list []vault.Value
	for _, v := range values {
		if !g.request.Copy || provided(v.Source) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b vault.Value) int {
		return strings.Compare(a.Field+"\x00"+a.Item, b.Field+"\x00"+b.Item)
	})
	for _, v := range list {
		field, _ := g.pol.Field(v.Field)
		category, _ := g.pol.Category(field.Category)
		rule, _ := g.pol.Retention(cmp.Or(at.rule, category.Retention))
		one := value{
			Place: scope, Field: v.Field, Name: g.p.In(field.Name), Category: category.ID, Type: string(category.DPV), Item: v.Item,
			Value: v.Text, Source: v.Source, Since: written(v.At), Kept: rule.Say(g.p),
		}
		if now, ok := values[v.Field]; ok && v.Item != "" && !v.At.After(now.At) {
			one.Since, one.Until = "", one.Since
		}
		g.values = append(g.values, one)
	}
	return nil
}

// attach copies the files of a place into the package.
func (s *Maker) attach(ctx context.Context, g *gathered, w *export.Writer, at place) error {
	if s.Files == nil {
		return nil
	}
	ids, err := s.Files.Of(ctx, at.subject, at.scope)
	if err != nil {
		return err
	}
	for _, fileID := range ids {
		if err := s.attachOne(ctx, g, w, at.scope, fileID); err != nil {
			return err
		}
	}
	return nil
}

func (s *Maker) attachOne(ctx context.Context, g *gathered, w *export.Writer, scope, fileID string) error {
	f, err := s.Files.Open(ctx, fileID, Activity)
	if fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Conflict {
		return nil // it is gone, or is being examined still
	}
	if err != nil {
		return err
	}
	defer f.Content.Close() //nolint:errcheck // read only
	path := "files/" + f.ID + ending(f.Type)
	g.files = append(g.files, fileEntry{Place: scope, Field: f.Field, Name: f.Name, Path: path})
	return w.Add(path, f.Type, func(to io.Writer) error {
		_, err := io.Copy(to, f.Content)
		return err
	})
}

// ending is how the name of a file of a type ends.
func ending(mediaType string) string {
	switch mediaType {
	case "application/pdf":
		return ".pdf"
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	}
	return ".bin"
}

// usesAtOnce is how many events are read at a time.
const usesAtOnce = 500

// gatherUses lists what was used of the person's data, by whom and why. Who an
// official is stays out of it: their role and their institution answer for it.
func (s *Maker) gatherUses(ctx context.Context, g *gathered, subject string) error {
	before := int64(0)
	for {
		events, err := s.Log.Events(ctx, subject, before, usesAtOnce)
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			before = e.N
			who := e.Actor.Kind
			if e.Actor.Kind == policy.Person.String() && slices.Contains(g.request.People, e.Actor.ID) {
				who = "you"
			}
			one := use{
				N: e.N, At: written(clock.FromMicros(e.At)), Kind: e.Kind, Who: who, Role: e.Actor.Role, Party: e.Actor.Party, Activity: e.Activity,
				Purpose: e.Purpose, Basis: e.Basis, Fields: e.Fields, Reference: e.Reference, Reason: e.Reason,
			}
			if e.Kind == audit.KindRevealed {
				one.Was, one.Happened, one.Deferral = e.Facts[audit.FactWas], written(e.Happened()), e.Facts["deferral"]
			}
			g.uses = append(g.uses, one)
		}
		if len(events) < usesAtOnce || before <= 1 {
			return nil
		}
	}
}

// thingsOf says until when each thing is kept that the registry knows.
func (s *Maker) thingsOf(g *gathered, held []holdings.Item, rows [][]holdings.Row) (list []thing) {
	for n, i := range held {
		one := thing{Kind: i.Kind, Name: g.p.T("holdings.kind." + i.Kind), ID: i.ID, Ref: i.Reference, Service: i.Service, Outcome: i.Outcome, Rule: i.Rule}
		if rule, ok := g.pol.Retention(i.Rule); ok {
			one.Kept = rule.Say(g.p)
			if !i.Since.IsZero() {
				one.Since = written(i.Since)
				if due, err := rule.Due(i.Since, s.Zone()); err == nil {
					one.Due = written(due)
				}
			}
		}
		if rows != nil {
			one.Says = said(rows[n])
		}
		list = append(list, one)
	}
	return list
}

// said is what rows say, with times as they are written elsewhere.
func said(rows []holdings.Row) (list []map[string]any) {
	for _, row := range rows {
		one := map[string]any{"table": row.Table}
		for column, v := range row.Says {
			at, number := v.(int64)
			moment := column == "at" || column == "since" || strings.HasSuffix(column, "_at")
			switch {
			case number && moment && at == 0: // it never was
			case number && moment:
				one[column] = written(clock.FromMicros(at))
			default:
				one[column] = v
			}
		}
		list = append(list, one)
	}
	return list
}

func written(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// jsonContext is the JSON-LD context of data.json.
func jsonContext() map[string]any {
	return map[string]any{
		"dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "dct": "http://purl.org/dc/terms/", "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
		"values": "dpv:hasPersonalData", "value": "rdf:value", "name": "dct:title", "source": "dct:source", "since": "dct:created", "kept": "dpv:hasStorageCondition",
		"uses": "dpv:hasProcessing", "purpose": "dpv:hasPurpose", "basis": "dpv:hasLegalBasis", "party": "dpv:hasRecipient",
	}
}

// fill writes what was gathered: as JSON-LD, as tables, and to be read.
func (s *Maker) fill(ctx context.Context, g *gathered, w *export.Writer) error {
	data := map[string]any{
		"@context": jsonContext(), "@type": "dpv:PersonalDataHandling", "person": g.request.People[0], "request": g.request.Reference,
		"made": written(s.Clock.Now()), "policy": g.pol.Hash(), "values": g.values, "files": g.files,
	}
	if !g.request.Copy {
		data["uses"], data["kept"] = g.uses, g.things
	}
	rows := [][]string{{"place", "field", "name", "value", "source", "since", "kept", "until"}}
	for _, v := range g.values {
		rows = append(rows, []string{g.place(v.Place), v.Field, v.Name, v.Value, v.Source, v.Since, v.Kept, v.Until})
	}
	// The ids are for programs, and beside them stands the same in words.
	uses := [][]string{{"n", "at", "kind", "who", "role", "party", "activity", "purpose", "basis", "fields", "reference", "reason", "was", "happened", "deferral", "who in words", "fields in words", "why in words"}}
	for _, u := range g.uses {
		who, fields, why := s.said(g, u)
		uses = append(uses, []string{
			strconv.FormatInt(u.N, 10), u.At, u.Kind, u.Who, u.Role, u.Party, u.Activity, u.Purpose, u.Basis, strings.Join(u.Fields, " "), u.Reference, u.Reason, u.Was, u.Happened, u.Deferral, who, fields, why,
		})
	}
	err := w.Add("data.json", "application/ld+json", func(to io.Writer) error {
		e := json.NewEncoder(to)
		e.SetIndent("", " ")
		return e.Encode(data)
	})
	if err == nil {
		err = w.Add("data.csv", "text/csv", table(rows))
	}
	if err == nil && !g.request.Copy {
		err = w.Add("uses.csv", "text/csv", table(uses))
	}
	if err == nil {
		err = w.Add("style.css", "text/css", func(to io.Writer) error {
			_, err := io.WriteString(to, style)
			return err
		})
	}
	if err == nil {
		err = w.Add("index.html", "text/html", func(to io.Writer) error { return s.index(ctx, g, to) })
	}
	return err
}

// table writes rows as CSV. What a table program could take for a formula is
// marked as text.
func table(rows [][]string) func(io.Writer) error {
	return func(to io.Writer) error {
		w := csv.NewWriter(to)
		for _, row := range rows {
			safe := make([]string, len(row))
			for i, cell := range row {
				if safe[i] = cell; strings.IndexAny(cell, "=+-@\t\r") == 0 {
					safe[i] = "'" + cell
				}
			}
			if err := w.Write(safe); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
}

// place is what people call a place.
func (g *gathered) place(scope string) string {
	if name := g.names[scope]; name != "" {
		return name
	}
	sort, _, _ := strings.Cut(scope, ":")
	if key := "rights.place." + sort; g.p.Has(key) {
		return g.p.T(key)
	}
	return g.p.T("rights.place.other")
}
