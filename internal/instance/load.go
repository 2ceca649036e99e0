package instance

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/platform/strict"
	"portico/internal/policy"
)

const (
	portalFile      = "portico.yaml"
	demoFile        = "demo.yaml"
	environmentFile = "environment.yaml"
	maxFaults       = 500
)

// Fault is one mistake in a directory. Its text is for whoever maintains the
// instance, and names no value of environment.yaml.
type Fault struct {
	File    string
	Line    int
	Message string
}

// String returns FILE:LINE: message.
func (f Fault) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message) }

// Options is what Load needs to know about the program.
type Options struct {
	Demo      bool                // the store is a demo: officials need no second factor
	Catalogue *i18n.Catalogue     // the program's own sentences, which locales/ may say otherwise
	Kept      map[string][]string // kinds of things that are kept, with their events; nil leaves rules unmatched
	Controls  []string            // what package proof can examine; nil leaves promises unmatched
}

// Load reads and checks the directory fsys. With faults, the instance is nil.
func Load(fsys fs.FS, opts Options) (*Instance, []Fault) {
	l := &loader{opts: opts}
	l.files = read(fsys, l.report)
	return l.load()
}

// loader gathers the faults of one directory.
type loader struct {
	opts   Options
	files  files
	docs   map[string]*strict.Document
	values map[string]any // each YAML file as plain data, for the hash
	kept   bool           // from an archive: it was in force once, and has no environment
	faults []Fault
}

func (l *loader) report(file string, line int, format string, args ...any) {
	l.faults = append(l.faults, Fault{File: file, Line: max(line, 1), Message: fmt.Sprintf(format, args...)})
}

// at reports a fault at the place that path names in a YAML file.
func (l *loader) at(file, path, format string, args ...any) {
	line := 1
	if doc := l.docs[file]; doc != nil {
		line = doc.Line(path)
	}
	l.report(file, line, format, args...)
}

func (l *loader) load() (*Instance, []Fault) {
	l.docs, l.values = map[string]*strict.Document{}, map[string]any{}
	l.encoding()
	in := &Instance{}
	l.decode(portalFile, &in.Portal)
	if l.files[environmentFile] != nil {
		l.decode(environmentFile, &in.Environment)
		l.environment(&in.Environment)
	}
	l.portal(&in.Portal)
	if len(in.Portal.Languages) > 0 { // without them nothing further can be said
		l.policy(in)
		l.services(in)
		l.notices(in)
		l.news(in)
		l.demo(in)
		l.compile(in)
		l.payments(in)
		l.logins(in)
		l.prose(in)
		l.evidence(in.Declarations)
		l.locales(in)
	}
	if len(l.faults) == 0 {
		if err := l.seal(in); err != nil {
			l.report(".", 1, "%v", err)
		}
	}
	if len(l.faults) > 0 {
		return nil, sorted(l.faults)
	}
	return in, nil
}

// sorted orders faults by place, without repetitions.
func sorted(faults []Fault) []Fault {
	slices.SortFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	faults = slices.Compact(faults)
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults], Fault{File: ".", Line: 1, Message: fmt.Sprintf("and %d more", more)})
	}
	return faults
}

// encoding looks at what all texts have in common; what is unfit is not read.
func (l *loader) encoding() {
	for name, data := range l.files {
		if isEvidence(name) {
			continue
		}
		if p := strict.Text(data); p != nil {
			l.report(name, p.Line, "%s", p.Message)
			delete(l.files, name)
			l.docs[name] = nil
		}
	}
}

// decode reads one YAML file into a value and reports whether it could.
func (l *loader) decode(name string, into any) bool {
	data, ok := l.files[name]
	if !ok {
		if _, unfit := l.docs[name]; !unfit {
			l.report(name, 1, "missing")
		}
		return false
	}
	doc, problems := strict.Parse(data)
	if doc != nil {
		l.docs[name] = doc
		problems = doc.Decode(into)
		var plain any
		doc.Decode(&plain)
		l.values[name] = plain
	}
	for _, p := range problems {
		l.report(name, p.Line, "%s", p.Message)
	}
	return len(problems) == 0
}

// texts checks every text of a decoded file in the portal's languages.
func (l *loader) texts(file string, v any, langs []string) {
	eachText(reflect.ValueOf(v), "", false, func(path string, t i18n.Text, optional bool) {
		if len(t) == 0 && !optional && l.docs[file] != nil && !l.docs[file].Has(path) {
			return // the decoder has said that it is missing
		}
		for _, wrong := range wrongText(t, optional, langs) {
			l.at(file, path, "%s: %s", path, wrong)
		}
	})
}

// The files of policy/, each with its part of the declarations.
type (
	dataFile struct {
		Categories []policy.Category `yaml:"categories"`
		Fields     []policy.Field    `yaml:"fields"`
		Roles      []policy.Role     `yaml:"roles"`
	}
	purposesFile struct {
		Revision   policy.Revision   `yaml:"revision"`
		Purposes   []policy.Purpose  `yaml:"purposes"`
		Activities []policy.Activity `yaml:"activities"`
	}
	recipientsFile struct {
		Parties []policy.Party `yaml:"parties"`
	}
	retentionFile struct {
		Retention []policy.Retention `yaml:"retention"`
	}
	cookiesFile struct {
		Cookies []policy.Cookie `yaml:"cookies"`
	}
	rightsFile struct {
		Rights []policy.Right `yaml:"rights"`
	}
	promisesFile struct {
		Promises []policy.Promise `yaml:"promises"`
		Measures []policy.Measure `yaml:"measures,omitempty"`
	}
	deferralsFile struct {
		Deferrals []policy.Deferral `yaml:"deferrals"`
	}
)

// homes says in which file each list of the declarations stands.
var homes = map[string]string{
	"categories": "policy/data.yaml", "fields": "policy/data.yaml", "roles": "policy/data.yaml",
	"revision": "policy/purposes.yaml", "purposes": "policy/purposes.yaml", "activities": "policy/purposes.yaml",
	"parties": "policy/recipients.yaml", "retention": "policy/retention.yaml", "cookies": "policy/cookies.yaml",
	"rights": "policy/rights.yaml", "promises": "policy/promises.yaml", "measures": "policy/promises.yaml",
	"deferrals": "policy/deferrals.yaml",
}

// policy reads the declarations of policy/*.yaml.
func (l *loader) policy(in *Instance) {
	var (
		data       dataFile
		purposes   purposesFile
		recipients recipientsFile
		retention  retentionFile
		cookies    cookiesFile
		rights     rightsFile
		promises   promisesFile
		deferrals  deferralsFile
	)
	for name, into := range map[string]any{
		"data": &data, "purposes": &purposes, "recipients": &recipients, "retention": &retention,
		"cookies": &cookies, "rights": &rights, "promises": &promises,
	} {
		l.decode("policy/"+name+".yaml", into)
	}
	if file := homes["deferrals"]; l.has(file) { // most have none
		l.decode(file, &deferrals)
	}
	in.Declarations = &policy.Declarations{
		Revision:   purposes.Revision,
		Categories: data.Categories, Fields: data.Fields, Roles: data.Roles,
		Purposes: purposes.Purposes, Activities: purposes.Activities,
		Parties: recipients.Parties, Retention: retention.Retention, Cookies: cookies.Cookies,
		Rights: rights.Rights, Promises: promises.Promises, Measures: promises.Measures, Deferrals: deferrals.Deferrals,
	}
}

// within lists the names directly below a folder, sorted, once each.
func (l *loader) within(folder string) []string {
	names := map[string]bool{}
	for name := range l.files {
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			head, _, _ := strings.Cut(rest, "/")
			names[head] = true
		}
	}
	for name := range l.docs { // unfit files count as there
		if rest, ok := strings.CutPrefix(name, folder+"/"); ok {
			head, _, _ := strings.Cut(rest, "/")
			names[head] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// languageFiles reports files of a folder whose language the portal does not
// have, and languages without a file where each needs one.
func (l *loader) languageFiles(folder, ext string, langs []string, all bool) {
	have := map[string]bool{}
	for _, name := range l.within(folder) {
		lang := strings.TrimSuffix(name, ext)
		have[lang] = true
		if !slices.Contains(langs, lang) {
			l.report(path.Join(folder, name), 1, "%q is no language of this portal", lang)
		}
	}
	for _, lang := range langs {
		if all && !have[lang] {
			l.report(path.Join(folder, lang+ext), 1, "missing")
		}
	}
}
