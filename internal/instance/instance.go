package instance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing/fstest"
	_ "time/tzdata" // the zones, on machines that have none

	"github.com/gowebpki/jcs"

	"portico/internal/news"
	"portico/internal/notify/kinds"
	"portico/internal/platform/i18n"
	"portico/internal/platform/strict"
	"portico/internal/policy"
	"portico/internal/policy/text"
	"portico/internal/services"
)

// Instance is a directory of declarations that has no fault. It never changes
// and is safe for concurrent use.
type Instance struct {
	Portal       Portal
	Environment  Environment
	Declarations *policy.Declarations // with those of the services
	Policy       *policy.Policy
	Services     map[string]*services.Definition
	Notices      kinds.Set                 // what people are told
	Demo         Demo                      // who is in a demonstration
	News         []news.Item               // what is new, each from its day on
	Text         map[string]*text.Document // the policy in words, by language
	Terms        map[string]*text.Document // the terms of use
	Catalogue    *i18n.Catalogue           // the program's sentences as this portal says them
	Hash         string                    // SHA-256 of everything but environment.yaml, in hexadecimal
	Words        string                    // the same of policy and terms alone: see the package's page

	files   files
	archive []byte // the files without environment.yaml
}

// seal hashes the instance and keeps its files for later.
func (l *loader) seal(in *Instance) (err error) {
	in.Hash, err = l.hash(nil, func(string) bool { return true })
	if err != nil {
		return fmt.Errorf("hash the instance: %w", err)
	}
	o := in.Portal.Operator
	said := []any{in.Policy.Hash(), o.Name, o.Address, o.Law, in.Portal.Storage.Location}
	if consent := in.Portal.Storage.Consent; len(consent) > 0 {
		said = append(said, consent)
	}
	if horizon := in.Portal.Horizon(); horizon != policy.PeriodNone {
		said = append(said, horizon)
	}
	if copies := in.Portal.Copies(); copies != nil {
		said = append(said, copies)
	}
	in.Words, err = l.hash(said, func(name string) bool {
		return strings.HasPrefix(name, "policy/text/") || strings.HasPrefix(name, "policy/terms/")
	})
	if err != nil {
		return fmt.Errorf("hash the policy: %w", err)
	}
	in.files = l.files
	in.archive, err = l.files.pack()
	return err
}

// hash is the SHA-256 of one canonical JSON object: each chosen YAML file as
// data, each text as it stands, each piece of evidence by its own hash, and
// besides the files whatever is given.
func (l *loader) hash(besides any, chosen func(name string) bool) (string, error) {
	all := map[string]any{"": besides}
	for name, data := range l.files {
		switch {
		case name == environmentFile || !chosen(name):
		case isEvidence(name):
			sum := sha256.Sum256(data)
			all[name] = hex.EncodeToString(sum[:])
		case strings.HasSuffix(name, ".yaml"):
			all[name] = l.values[name]
		default:
			all[name] = strings.ReplaceAll(string(data), "\r\n", "\n")
		}
	}
	b, err := json.Marshal(all)
	if err != nil {
		return "", err
	}
	if b, err = jcs.Transform(b); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// compile turns the declarations into a policy. A fault on a line that has one
// already is not said again in other words.
func (l *loader) compile(in *Instance) {
	if !l.declared() {
		return
	}
	wrong := map[Fault]bool{}
	for _, f := range l.faults {
		wrong[Fault{File: f.File, Line: f.Line}] = true
	}
	opts := policy.Options{Languages: in.Portal.Langs(), Demo: l.opts.Demo, Incomplete: len(in.Services) < len(l.within("services"))}
	if !l.kept { // what was sound once does not become faulty because the program or the place is another
		opts.Controls, opts.Kept = l.opts.Controls, l.opts.Kept
		opts.Destinations = append([]string{}, in.Environment.Connections()...)
	}
	p, problems := policy.Compile(in.Declarations, opts)
	for _, problem := range problems {
		file, path := l.home(problem.Path)
		if line := l.docs[file].Line(path); !wrong[Fault{File: file, Line: line}] {
			l.report(file, line, "%s: %s", problem.Path, problem.Message)
		}
	}
	in.Policy = p
	l.storage(&in.Portal, in.Declarations.Parties)
}

// home finds the file in which the place of a declaration stands: those that
// a service derives are in the service's files.
func (l *loader) home(place string) (file, path string) {
	list, rest, _ := strings.Cut(place, "/")
	file = homes[list]
	if file == "" {
		return portalFile, ""
	}
	service, key, _ := strings.Cut(rest, ".")
	key, _, _ = strings.Cut(key, "/")
	if doc := l.docs["services/"+service+"/form.yaml"]; doc != nil && !l.docs[file].Has(list+"/"+service+"."+key) {
		if list == "fields" {
			return "services/" + service + "/form.yaml", "schema/properties/" + key
		}
		if l.docs["services/"+service+"/service.yaml"] != nil {
			return "services/" + service + "/service.yaml", ""
		}
	}
	return file, place
}

// declared reports whether every file of the declarations could be read.
// Without a whole one, all that refers to it would look wrong.
func (l *loader) declared() bool {
	for _, file := range homes {
		if l.docs[file] == nil && (file != homes["deferrals"] || l.has(file)) {
			return false
		}
	}
	return true
}

// has reports whether a file is there, fit to be read or not.
func (l *loader) has(file string) bool {
	_, unfit := l.docs[file]
	return unfit || l.files[file] != nil
}

// services compiles services/ID/… and adds what they derive to the
// declarations.
func (l *loader) services(in *Instance) {
	if !l.declared() {
		return
	}
	in.Services = map[string]*services.Definition{}
	env := services.Env{Languages: in.Portal.Langs(), Zone: in.Portal.Timezone.Location(), Declarations: in.Declarations, Categories: in.Portal.Categories, Currency: string(in.Portal.Currency)}
	var fields []policy.Field
	var activities []policy.Activity
	all := map[string]*services.Definition{} // nil for one with faults
	for _, id := range l.within("services") {
		folder := "services/" + id + "/"
		fsys := fstest.MapFS{}
		for name, data := range l.files {
			if rest, ok := strings.CutPrefix(name, folder); ok {
				fsys[rest] = &fstest.MapFile{Data: data}
				if doc, _ := strict.Parse(data); doc != nil {
					l.docs[name] = doc
					var plain any
					doc.Decode(&plain)
					l.values[name] = plain
				}
			}
		}
		d, problems := services.Compile(fsys, id, env)
		for _, p := range problems {
			l.report(folder+p.File, p.Line, "%s", p.Message)
		}
		all[id] = d
		if d != nil {
			in.Services[id] = d
			fields = append(fields, d.Fields()...)
			activities = append(activities, d.Activities()...)
		}
	}
	for id, problems := range services.Link(all) {
		for _, p := range problems {
			l.report("services/"+id+"/"+p.File, p.Line, "%s", p.Message)
		}
	}
	in.Declarations.Fields = append(in.Declarations.Fields, fields...)
	in.Declarations.Activities = append(in.Declarations.Activities, activities...)
}

// prose reads the policy's text and the terms in every language, and holds
// them against the declarations.
func (l *loader) prose(in *Instance) {
	ids := l.within("services") // with those that have faults of their own
	in.Text = l.documents("policy/text", in, func(docs map[string]*text.Document) map[string][]text.Problem {
		return text.Check(docs, in.Declarations, ids)
	})
	in.Terms = l.documents("policy/terms", in, func(docs map[string]*text.Document) map[string][]text.Problem {
		return text.CheckTerms(docs, in.Declarations, ids)
	})
}

func (l *loader) documents(folder string, in *Instance, check func(map[string]*text.Document) map[string][]text.Problem) map[string]*text.Document {
	langs := in.Portal.Langs()
	l.languageFiles(folder, ".md", langs, true)
	docs := map[string]*text.Document{}
	for _, lang := range langs {
		file := path.Join(folder, lang+".md")
		data, ok := l.files[file]
		if !ok {
			continue
		}
		doc, problems := text.Parse(lang, data)
		for _, p := range problems {
			l.report(file, p.Line, "%s", p.Message)
		}
		if doc == nil {
			continue
		}
		docs[lang] = doc
		for _, r := range doc.References {
			if r.Name == "horizon" && in.Portal.Backups == nil && !l.faulty(portalFile) {
				l.report(file, r.Line, "{horizon} says nothing: %s declares no backups", portalFile)
			}
			if r.Name == "backups" && in.Portal.Copies() == nil && !l.faulty(portalFile) {
				l.report(file, r.Line, "{backups} says nothing: %s declares no backups that a law requires", portalFile)
			}
		}
		says := slices.ContainsFunc(doc.References, func(r text.Reference) bool { return r.Name == "backups" })
		if l.declared() && in.Portal.Copies() != nil && !says && folder == "policy/text" {
			l.report(file, 1, "it does not say with {backups} which copies the law requires: %s declares them", portalFile)
		}
	}
	if l.declared() && !l.kept { // what was sound once does not become faulty because the program checks more
		for lang, problems := range check(docs) {
			for _, p := range problems {
				l.report(path.Join(folder, lang+".md"), p.Line, "%s", p.Message)
			}
		}
	}
	return docs
}

// faulty reports whether a fault of a file was found, so that it may say more
// than was understood of it.
func (l *loader) faulty(file string) bool {
	return slices.ContainsFunc(l.faults, func(f Fault) bool { return f.File == file })
}

// wordsKey is the key under which locales/LANG.yaml has words for words.
const wordsKey = "words"

// words has the portal use its own words in every sentence of a language, such
// as employee for official.
func (l *loader) words(c *i18n.Catalogue, lang string, sentences map[string]any) {
	file, words := "locales/"+lang+".yaml", map[string]string{}
	given, ok := sentences[wordsKey].(map[string]any)
	if sentences[wordsKey] != nil && !ok {
		l.at(file, wordsKey, "words: by a word of the program, the one to say for it")
	}
	for word, say := range given {
		text, ok := say.(string)
		if !ok || text == "" || word == "" || strings.ContainsAny(word+text, "{}") {
			l.at(file, wordsKey, "words: for %q another word", word)
			continue
		}
		words[word] = text
	}
	for _, word := range c.Reword(lang, words) {
		if !l.kept {
			l.at(file, wordsKey, "words: the program never says %q", word)
		}
	}
}

// locales has the portal say some of the program's sentences otherwise, each
// of them in every language.
func (l *loader) locales(in *Instance) {
	in.Catalogue = l.opts.Catalogue
	langs := in.Portal.Langs()
	l.languageFiles("locales", ".yaml", langs, len(l.within("locales")) > 0)
	if in.Catalogue == nil || len(l.within("locales")) == 0 {
		return
	}
	in.Catalogue = in.Catalogue.Clone()
	said := map[string]map[string]any{}
	for _, lang := range langs {
		file := "locales/" + lang + ".yaml"
		var sentences map[string]any
		if l.files[file] == nil || !l.decode(file, &sentences) {
			return
		}
		said[lang] = sentences
	}
	for _, lang := range langs {
		file := "locales/" + lang + ".yaml"
		l.words(in.Catalogue, lang, said[lang])
		for key, say := range said[lang] {
			if key == wordsKey {
				continue
			}
			if err := in.Catalogue.Replace(lang, key, say); err != nil && !l.kept {
				l.at(file, key, "%s: %v", key, err)
			}
			for _, other := range langs {
				if _, ok := said[other][key]; !ok {
					l.at(file, key, "%s: locales/%s.yaml does not say it", key, other)
				}
			}
		}
	}
}
