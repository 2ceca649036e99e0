package services

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/forms"
	"portico/internal/platform/i18n"
	"portico/internal/platform/strict"
	"portico/internal/policy"
	"portico/internal/services/paper"
)

// Env is what the instance gives to its services.
type Env struct {
	Languages    []string
	Zone         *time.Location
	Declarations *policy.Declarations
	Currency     string
	Categories   []Category
}

// Problem is a fault: the file inside the service's folder, the line, the
// path as package strict writes paths, and what to do about it.
type Problem struct {
	File    string
	Line    int
	Path    string
	Message string
}

const (
	serviceFile  = "service.yaml"
	formFile     = "form.yaml"
	rulesFile    = "rules.yaml"
	workflowFile = "workflow.yaml"
)

var (
	idForm        = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	referenceForm = regexp.MustCompile(`^[A-Z]{2,4}$`)
)

// compiler gathers what is wrong with one service.
type compiler struct {
	fsys     fs.FS
	env      Env
	docs     map[string]*strict.Document
	problems []Problem
}

func (c *compiler) fail(file, path, format string, args ...any) {
	line := 1
	if d := c.docs[file]; d != nil {
		line = d.Line(path)
	}
	c.problems = append(c.problems, Problem{File: file, Line: line, Path: path, Message: fmt.Sprintf(format, args...)})
}

// Compile reads the folder fsys of the service id and runs its tests. It
// returns the definition, or every problem at once and none.
func Compile(fsys fs.FS, id string, env Env) (*Definition, []Problem) {
	c := &compiler{fsys: fsys, env: env, docs: map[string]*strict.Document{}}
	d := &Definition{zone: env.Zone, lines: map[string]int{}}
	var form forms.File
	var rules forms.Rules
	c.decode(serviceFile, &d.File, true)
	c.decode(formFile, &form, true)
	c.decode(rulesFile, &rules, false)
	c.decode(workflowFile, &d.Workflow, true)
	if _, err := fs.Stat(fsys, documentFile); err == nil {
		d.Document = &paper.Document{}
		c.decode(documentFile, d.Document, true)
	}
	if len(c.problems) == 0 {
		c.texts(serviceFile, reflect.ValueOf(&d.File), "", false)
		c.texts(formFile, reflect.ValueOf(&form), "", false)
		c.texts(rulesFile, reflect.ValueOf(&rules), "", false)
		c.texts(workflowFile, reflect.ValueOf(&d.Workflow), "", false)
		c.texts(documentFile, reflect.ValueOf(d.Document), "", false)
		var problems []forms.Problem
		d.Form, problems = forms.Compile(id, &form, &rules, forms.Env{Languages: env.Languages, Zone: env.Zone, Currency: env.Currency, Fields: env.Declarations.Fields})
		for _, p := range problems {
			c.fail(p.File, p.Path, "%s", p.Message)
		}
		c.sensitivity(&form)
		c.workflow(&d.Workflow)
		if d.Form != nil {
			c.service(d, id)
		}
	}
	if len(c.problems) == 0 {
		c.tests(d)
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int {
			return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
		})
		return nil, slices.Compact(c.problems)
	}
	return d, nil
}

// decode reads a file of the service.
func (c *compiler) decode(name string, into any, needed bool) {
	data, err := fs.ReadFile(c.fsys, name)
	if errors.Is(err, fs.ErrNotExist) && !needed {
		return
	}
	if err != nil {
		c.fail(name, "", "the service has no such file")
		return
	}
	doc, problems := strict.Parse(data)
	if doc != nil {
		c.docs[name] = doc
		problems = doc.Decode(into)
	}
	for _, p := range problems {
		c.problems = append(c.problems, Problem{File: name, Line: p.Line, Path: p.Path, Message: p.Message})
	}
}

// texts reports what is not said in every language, or in one too many.
func (c *compiler) texts(file string, v reflect.Value, path string, optional bool) {
	if t, ok := v.Interface().(i18n.Text); ok {
		if len(t) == 0 && optional {
			return
		}
		for _, lang := range t.Lacks(c.env.Languages...) {
			c.fail(file, path, "has no text in language %q", lang)
		}
		for lang := range t {
			if !slices.Contains(c.env.Languages, lang) {
				c.fail(file, path, "language %q is none of the instance's", lang)
			}
		}
		return
	}
	below := func(key string) string { return strings.TrimPrefix(path+"/"+key, "/") }
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.texts(file, v.Elem(), path, optional)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.Anonymous {
				c.texts(file, v.Field(i), path, optional)
				continue
			}
			key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			c.texts(file, v.Field(i), below(key), options != "" || field.Tag.Get("portico") == "optional")
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.texts(file, v.Index(i), below(fmt.Sprint(i)), false)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			c.texts(file, v.MapIndex(k), below(k.String()), false)
		}
	}
}

// sensitivity compares what the form says of a field with its category.
func (c *compiler) sensitivity(form *forms.File) {
	for key, p := range form.Schema.Properties {
		i := slices.IndexFunc(c.env.Declarations.Categories, func(k policy.Category) bool { return k.ID == p.Category })
		switch at := "schema/properties/" + key; {
		case p.Category == "":
		case i < 0:
			c.fail(formFile, at+"/x-portico-category", "data.yaml declares no category %q", p.Category)
		case p.Sensitivity != "" && p.Sensitivity != string(c.env.Declarations.Categories[i].Sensitivity):
			c.fail(formFile, at+"/x-portico-sensitivity", "the category %q is %s", p.Category, c.env.Declarations.Categories[i].Sensitivity)
		}
	}
}

// service checks service.yaml against the form, the workflow and the policy.
func (c *compiler) service(d *Definition, id string) {
	if d.ID != id || !idForm.MatchString(id) {
		c.fail(serviceFile, "id", "the id is the folder's name, %q, in small letters and digits joined by -", id)
	}
	if !referenceForm.MatchString(d.Reference) {
		c.fail(serviceFile, "reference", "%q is not two to four capital letters", d.Reference)
	}
	if d.Version == "" {
		c.fail(serviceFile, "version", "has no value")
	}
	if d.WorkingDays < 1 || d.WorkingDays > 366 {
		c.fail(serviceFile, "working-days", "%d is not between 1 and 366", d.WorkingDays)
	}
	if len(d.Audience) == 0 {
		c.fail(serviceFile, "audience", "names nobody")
	}
	if i := slices.IndexFunc(c.env.Categories, func(k Category) bool { return k.ID == d.Category }); i < 0 {
		c.fail(serviceFile, "category", "portico.yaml declares no category %q", d.Category)
	} else {
		d.category = c.env.Categories[i]
	}
	c.offers(d)
	c.index(d)
	decl := c.env.Declarations
	has := func(path, what, id string, ids func(func(string))) {
		found := false
		ids(func(other string) { found = found || other == id })
		if !found {
			c.fail(serviceFile, path, "no %s %q is declared", what, id)
		}
	}
	has("responsible", "party", d.Responsible, func(yield func(string)) {
		for _, p := range decl.Parties {
			yield(p.ID)
		}
	})
	has("purpose", "purpose", d.Purpose, func(yield func(string)) {
		for _, p := range decl.Purposes {
			yield(p.ID)
		}
	})
	has("retention", "retention rule", d.Retention, func(yield func(string)) {
		for _, r := range decl.Retention {
			yield(r.ID)
		}
	})
	for at, w := range map[string]*Written{"remarks": &d.Remarks, "message": d.Message, "note": d.Note} {
		if w != nil {
			has(at+"/category", "category", w.Category, func(yield func(string)) {
				for _, k := range decl.Categories {
					yield(k.ID)
				}
			})
		}
	}
	if d.Message == nil && d.Workflow.asks() {
		c.fail(serviceFile, "message", "the workflow asks for information: declare what the messages are")
	}
	d.parties = []string{d.Responsible}
	if len(d.Decide.Roles) == 0 {
		c.fail(serviceFile, "decide/roles", "nobody can decide")
	}
	acting := map[string][]string{"decide": d.Decide.Roles}
	if d.Review != nil {
		acting["review"] = d.Review.Roles
		if len(d.Review.Roles) == 0 {
			c.fail(serviceFile, "review/roles", "nobody can review: leave review out")
		}
	}
	for _, use := range []string{"decide", "review"} {
		for i, role := range acting[use] {
			c.role(d, serviceFile, fmt.Sprintf("%s/roles/%d", use, i), role)
		}
	}
	c.drafting(d)
	c.shown(d)
	c.document(d)
	c.automatic(d)
	for _, f := range d.Form.Fields() {
		if f.Core && !slices.ContainsFunc(decl.Fields, func(p policy.Field) bool { return p.ID == f.ID }) {
			c.fail(formFile, "schema/properties/"+f.Key+"/x-portico-field", "data.yaml declares no field %q", f.ID)
		}
		if slices.Contains([]string{"remarks", "message", "note", "draft", "document", "revocation"}, f.Key) {
			c.fail(formFile, "schema/properties/"+f.Key, "%s.%s is a field of the portal's own: take another key", d.ID, f.Key)
		}
	}
	due := slices.ContainsFunc(d.Workflow.States, func(s State) bool { return s.Fee })
	if due != d.Form.HasFee() {
		c.fail(workflowFile, "states", "a service has fee rules exactly if the fee is due in some state (fee: true)")
	}
}

// role adds the party of a role that acts to those of the service.
func (c *compiler) role(d *Definition, file, at, role string) {
	roles := c.env.Declarations.Roles
	i := slices.IndexFunc(roles, func(r policy.Role) bool { return r.ID == role })
	if i < 0 {
		c.fail(file, at, "data.yaml declares no role %q", role)
	} else if p := roles[i].Party; !slices.Contains(d.parties, p) {
		d.parties = append(d.parties, p)
	}
}

// shown checks what those who decide may see.
func (c *compiler) shown(d *Definition) {
	if len(d.Decide.Fields) == 0 {
		c.fail(serviceFile, "decide/fields", "whoever decides needs something to decide on")
	}
	var ids []string
	for i, name := range d.Decide.Fields {
		at := fmt.Sprintf("decide/fields/%d", i)
		f, ok := d.Form.Field(name)
		if !ok {
			f, ok = d.Form.ByID(name)
		}
		switch {
		case !ok:
			c.fail(serviceFile, at, "the form asks no %q", name)
		case slices.Contains(ids, f.ID):
			c.fail(serviceFile, at, "%q stands here twice", name)
		}
		ids = append(ids, f.ID)
	}
	for _, key := range d.Form.FeeReads() {
		if f, _ := d.Form.Field(key); !slices.Contains(ids, f.ID) {
			c.fail(serviceFile, "decide/fields", "the fee depends on %q, which those who decide would not see", key)
		}
	}
}
