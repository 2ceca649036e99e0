package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"portico/internal/platform/i18n"
)

// Options is what Compile must know besides the declarations.
type Options struct {
	// Languages of the instance: every Text must be in each of them.
	Languages []string
	// Controls that the program has. Each must be promised, and only these may
	// be. Nil: not looked at.
	Controls []string
	// Destinations that the environment names. Each must belong to a party, and
	// only these may. Nil: not looked at.
	Destinations []string
	// Kept are the events of each kind of thing that the program keeps of
	// people: each kind needs a rule, and each rule a kind. Nil: not looked at.
	Kept map[string][]string
	// Incomplete: some service could not be read, so what nobody uses may be its.
	Incomplete bool
	// Demo store: no second factor is asked of staff.
	Demo bool
}

// Problem is one fault of the declarations. Path leads to it as package strict
// writes paths: "fields/person.name/category"; where an item has no id of its
// own, by its index.
type Problem struct {
	Path    string
	Message string
}

// Error returns path and message.
func (p Problem) Error() string { return p.Path + ": " + p.Message }

// Compile checks d whole and returns it as a Policy, or every problem at once
// and no Policy. It writes out what Every stands for; d must not be changed
// afterwards.
func Compile(d *Declarations, o Options) (*Policy, []Problem) {
	c := &compiler{d: d, o: o}
	c.every()
	c.ids()
	c.texts(reflect.ValueOf(d).Elem(), "")
	c.data()
	c.keeps()
	c.purposes()
	c.activities()
	c.consents()
	c.rights()
	c.deferrals()
	c.promises()
	c.core()
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int { return strings.Compare(a.Path, b.Path) })
		return nil, slices.Compact(c.problems)
	}
	hash, err := Hash(d)
	if err != nil {
		return nil, []Problem{{Message: err.Error()}}
	}
	p := &Policy{
		hash: hash, demo: o.Demo, declarations: d, activities: make(map[string]*activity, len(d.Activities)), terms: map[string]string{},
		fields: c.field, categories: c.category, parties: c.party, purposes: c.purpose, retention: c.period, roles: c.role,
	}
	for _, u := range d.Purposes {
		if u.Basis.IsConsent() {
			if p.terms[u.ID], err = p.termsOf(u.ID); err != nil {
				return nil, []Problem{{Message: err.Error()}}
			}
		}
	}
	for i := range d.Activities {
		a := c.compile(&d.Activities[i])
		a.consent = p.terms[a.purpose]
		p.activities[a.id] = a
	}
	for _, v := range d.Deferrals {
		for _, id := range v.Activities {
			p.activities[id].deferrable = true
		}
	}
	return p, nil
}

// Hash is the SHA-256 of d's canonical JSON (RFC 8785), in hexadecimal. It
// stands in every event, so that a decision can be replayed.
func Hash(d *Declarations) (string, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("write the declarations as JSON: %w", err)
	}
	if b, err = jcs.Transform(b); err != nil {
		return "", fmt.Errorf("write the declarations canonically: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// Every, as the only field of an activity of the program, is every field of
// people, those of the services too: for the package with all that is held of
// somebody.
const Every = "*"

// every writes out what Every stands for. It is no use that a field could be
// declared for: another activity must name it.
func (c *compiler) every() {
	c.all = map[string]bool{}
	for i := range c.d.Activities {
		a := &c.d.Activities[i]
		if len(a.Fields) != 1 || a.Fields[0] != Every || a.Relation != RelationSystem {
			continue
		}
		c.all[a.ID], a.Fields = true, nil
		for _, f := range c.d.Fields {
			if !strings.HasPrefix(f.ID, "staff.") {
				a.Fields = append(a.Fields, f.ID)
			}
		}
	}
}

type compiler struct {
	d        *Declarations
	o        Options
	problems []Problem
	all      map[string]bool // activities whose fields were written as Every

	category, field, role, party, purpose, activity, period, promise, right, measure, cookie map[string]int
}

func (c *compiler) report(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// ids builds the tables of ids and reports those that are empty, twice there,
// or not of the form of an id.
func (c *compiler) ids() {
	d := c.d
	c.category = index(c, "categories", d.Categories, func(v *Category) string { return v.ID }, 1)
	c.field = index(c, "fields", d.Fields, func(v *Field) string { return v.ID }, 2)
	c.role = index(c, "roles", d.Roles, func(v *Role) string { return v.ID }, 1)
	c.party = index(c, "parties", d.Parties, func(v *Party) string { return v.ID }, 1)
	c.purpose = index(c, "purposes", d.Purposes, func(v *Purpose) string { return v.ID }, 1)
	c.activity = index(c, "activities", d.Activities, func(v *Activity) string { return v.ID }, 0)
	c.period = index(c, "retention", d.Retention, func(v *Retention) string { return v.ID }, 1)
	c.promise = index(c, "promises", d.Promises, func(v *Promise) string { return v.ID }, 1)
	c.right = index(c, "rights", d.Rights, func(v *Right) string { return v.ID }, 1)
	index(c, "deferrals", d.Deferrals, func(v *Deferral) string { return v.ID }, 1)
	c.measure = index(c, "measures", d.Measures, func(v *Measure) string { return v.ID }, 1)
	c.cookie = make(map[string]int, len(d.Cookies))
	for i, k := range d.Cookies {
		path := at("cookies", "", i)
		if !validCookie(k.Name) {
			c.report(path+"/name", "%q is no name of a cookie", k.Name)
		}
		if _, twice := c.cookie[k.Name]; twice {
			c.report(path+"/name", "cookie %q is declared twice", k.Name)
		}
		c.cookie[k.Name] = i
	}
}

// index maps ids to positions. parts is how many parts an id has, 0 for one or two.
func index[T any](c *compiler, list string, items []T, id func(*T) string, parts int) map[string]int {
	m := make(map[string]int, len(items))
	for i := range items {
		v := id(&items[i])
		if !validID(v, parts) {
			form := "small letters, digits and hyphens"
			if parts == 2 {
				form += ", in two parts with a dot between"
			}
			c.report(list+"/"+strconv.Itoa(i)+"/id", "%q is no id: write %s", v, form)
			continue
		}
		if _, twice := m[v]; twice {
			c.report(list+"/"+strconv.Itoa(i)+"/id", "%q is declared twice", v)
			continue
		}
		m[v] = i
	}
	return m
}

// at is the path of an item: by id if it has a sound one, else by index.
func at(list, id string, i int) string {
	if id == "" {
		return list + "/" + strconv.Itoa(i)
	}
	return list + "/" + id
}

func validID(s string, parts int) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	p := strings.Split(s, ".")
	if parts > 0 && len(p) != parts || len(p) > 2 {
		return false
	}
	for _, part := range p {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' {
			return false
		}
		for _, r := range part {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return true
}

func validCookie(s string) bool {
	if s == "" || len(s) > 80 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
	})
}

// texts walks v and checks each text, date, period, term and enumeration in it.
func (c *compiler) texts(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.texts(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			id := ""
			if f := reflect.Indirect(v.Index(i)); f.Kind() == reflect.Struct {
				if g := f.FieldByName("ID"); g.IsValid() && validID(g.String(), 0) {
					id = g.String()
				}
			}
			c.texts(v.Index(i), at(path, id, i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			key, more, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			below := strings.TrimPrefix(path+"/"+key, "/")
			c.value(v.Field(i), below, more == "omitempty")
		}
	default:
		c.scalar(v, path)
	}
}

func (c *compiler) value(v reflect.Value, path string, optional bool) {
	if t, ok := v.Interface().(i18n.Text); ok {
		c.text(t, path, optional)
		return
	}
	if v.Kind() == reflect.String && v.Len() == 0 {
		if !optional {
			c.report(path, "has no value")
		}
		return
	}
	c.texts(v, path)
}

func (c *compiler) text(t i18n.Text, path string, optional bool) {
	if len(t) == 0 && optional {
		return
	}
	for _, l := range c.o.Languages {
		if strings.TrimSpace(t[l]) == "" {
			c.report(path, "has no text in language %q", l)
		}
	}
	for l := range t {
		if !slices.Contains(c.o.Languages, l) {
			c.report(path, "language %q is none of the instance's (%s)", l, strings.Join(c.o.Languages, ", "))
		}
	}
}

func (c *compiler) scalar(v reflect.Value, path string) {
	switch s := v.Interface().(type) {
	case Date:
		if s.Start(time.UTC).IsZero() {
			c.report(path, "%q is no date such as 2026-11-22", string(s))
		}
	case Period:
		if _, _, _, err := s.Parts(); err != nil {
			c.report(path, "%s", err)
		}
	case Term:
		if !termForm.MatchString(string(s)) {
			c.report(path, "%q is no term such as dpv:ServiceProvision", string(s))
		}
	case interface{ Values() []string }:
		if !slices.Contains(s.Values(), v.String()) {
			c.report(path, "%q is none of %s", v.String(), strings.Join(s.Values(), ", "))
		}
	}
}
