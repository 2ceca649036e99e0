package i18n

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A Catalogue holds every sentence in every language. It is safe for
// concurrent use.
type Catalogue struct {
	langs    map[string]map[string]*message
	misses   atomic.Uint64
	printers map[string]*rules
}

// A message is one sentence, or its plural forms.
type message struct {
	text  string
	forms map[string]string // nil unless the sentence counts something
}

var (
	keyForm   = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
	nameForm  = regexp.MustCompile(`\{([a-z][a-z0-9-]*)\}`)
	formNames = []string{"zero", "one", "two", "few", "many", "other"}
)

// Load reads locales/LANG.yaml from each file system and merges them. It
// reports every fault at once: unreadable YAML, a key declared twice, a
// malformed key, an unknown plural form.
func Load(systems ...fs.FS) (*Catalogue, error) {
	c := &Catalogue{langs: map[string]map[string]*message{}, printers: map[string]*rules{}}
	var errs []error
	for _, fsys := range systems {
		files, err := fs.Glob(fsys, "locales/*.yaml")
		if err != nil {
			errs = append(errs, fmt.Errorf("list locales: %w", err))
			continue
		}
		for _, name := range files {
			b, err := fs.ReadFile(fsys, name)
			if err != nil {
				errs = append(errs, fmt.Errorf("read locale: %w", err))
				continue
			}
			lang := strings.TrimSuffix(path.Base(name), ".yaml")
			errs = append(errs, c.add(lang, name, b)...)
		}
	}
	for lang := range c.langs {
		c.printers[lang] = rulesOf(lang)
	}
	return c, errors.Join(errs...)
}

// add merges the sentences of one file.
func (c *Catalogue) add(lang, name string, b []byte) []error {
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return []error{fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))}
	}
	m := c.langs[lang]
	if m == nil {
		m = map[string]*message{}
		c.langs[lang] = m
	}
	var errs []error
	fail := func(n ast.Node, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s:%d: %s", name, n.GetToken().Position.Line, fmt.Sprintf(format, args...)))
	}
	for _, doc := range file.Docs {
		for _, v := range pairs(doc.Body) {
			key, ok := text(v.Key)
			if !ok || !keyForm.MatchString(key) {
				fail(v, "malformed key %q", v.Key.String())
				continue
			}
			if _, twice := m[key]; twice {
				fail(v, "key %q is declared twice", key)
				continue
			}
			msg := &message{}
			if s, ok := text(v.Value); ok {
				msg.text = s
			} else if forms := pairs(v.Value); len(forms) > 0 {
				msg.forms = map[string]string{}
				for _, f := range forms {
					form, _ := text(f.Key)
					s, ok := text(f.Value)
					if !ok || !slices.Contains(formNames, form) {
						fail(f, "key %q: a plural form is one of %s and its value a text", key, strings.Join(formNames, ", "))
						continue
					}
					msg.forms[form] = s
				}
			} else {
				fail(v, "key %q: want a text or plural forms", key)
				continue
			}
			m[key] = msg
		}
	}
	return errs
}

// pairs returns the entries of a mapping, none if n is something else.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// text returns the text of a scalar.
func text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true
	}
	return "", false
}

// Printer returns a writer of sentences in lang, with times in tz (UTC if
// nil). A language that the catalogue does not hold shows keys.
func (c *Catalogue) Printer(lang string, tz *time.Location) *Printer {
	if tz == nil {
		tz = time.UTC
	}
	r := c.printers[lang]
	if r == nil {
		r = rulesOf(lang)
	}
	return &Printer{Lang: lang, cat: c, rules: r, tz: tz}
}

// Languages returns the languages that have a sentence, sorted.
func (c *Catalogue) Languages() []string { return slices.Sorted(maps.Keys(c.langs)) }

// Has reports whether lang has the sentence key.
func (c *Catalogue) Has(lang, key string) bool { return c.langs[lang][key] != nil }

// Misses returns how many sentences were asked for and not found.
func (c *Catalogue) Misses() uint64 { return c.misses.Load() }

// Missing says what keeps c from being complete in langs, a line a fault:
// sentences that some language lacks, plural forms that a language needs,
// placeholders that differ between languages.
func Missing(c *Catalogue, langs ...string) []string {
	keys := map[string]bool{}
	for _, l := range langs {
		for k := range c.langs[l] {
			keys[k] = true
		}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		var first string
		var want []string
		for _, l := range langs {
			m := c.langs[l][k]
			if m == nil {
				out = append(out, fmt.Sprintf("%s: %s is missing", l, k))
				continue
			}
			if m.forms != nil {
				for _, f := range rulesOf(l).forms {
					if m.forms[f] == "" {
						out = append(out, fmt.Sprintf("%s: %s lacks the plural form %q", l, k, f))
					}
				}
			} else if strings.TrimSpace(m.text) == "" {
				out = append(out, fmt.Sprintf("%s: %s is empty", l, k))
			}
			names := m.placeholders()
			if first == "" {
				first, want = l, names
			} else if !slices.Equal(names, want) {
				out = append(out, fmt.Sprintf("%s: %s has the placeholders %v, %s has %v", l, k, names, first, want))
			}
		}
	}
	return out
}

// placeholders returns the names a sentence uses, sorted; for plural forms
// those of "other", as "one" may leave the number out.
func (m *message) placeholders() []string {
	s := m.text
	if m.forms != nil {
		s = m.forms["other"]
	}
	names := map[string]bool{}
	for _, g := range nameForm.FindAllStringSubmatch(s, -1) {
		names[g[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}
