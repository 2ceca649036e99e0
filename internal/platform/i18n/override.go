package i18n

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clone returns a copy of c, in which Replace changes nothing of c.
func (c *Catalogue) Clone() *Catalogue {
	n := &Catalogue{langs: make(map[string]map[string]*message, len(c.langs)), printers: maps.Clone(c.printers)}
	for lang, messages := range c.langs {
		n.langs[lang] = maps.Clone(messages)
	}
	return n
}

// Replace has lang say something else for key: a text, or plural forms by
// name. The key must exist, and placeholders and plurals stay what they are,
// for the program fills them in. Not for a catalogue that is in use.
func (c *Catalogue) Replace(lang, key string, say any) error {
	old := c.langs[lang][key]
	if old == nil {
		return errors.New("the program has no such sentence")
	}
	m := &message{}
	switch v := say.(type) {
	case string:
		m.text = strings.TrimRight(v, "\n")
		if strings.TrimSpace(v) == "" {
			return errors.New("the sentence is empty")
		}
	case map[string]any:
		m.forms = map[string]string{}
		for form, text := range v {
			s, ok := text.(string)
			if !ok || !slices.Contains(formNames, form) {
				return fmt.Errorf("a plural form is one of %s and its value a text", strings.Join(formNames, ", "))
			}
			m.forms[form] = s
		}
		for _, form := range rulesOf(lang).forms {
			if strings.TrimSpace(m.forms[form]) == "" {
				return fmt.Errorf("the plural form %q is missing", form)
			}
		}
	default:
		return errors.New("want a text or plural forms")
	}
	if (old.forms == nil) != (m.forms == nil) {
		return errors.New("plural forms must stay plural forms, and a text a text")
	}
	if have, want := m.placeholders(), old.placeholders(); !slices.Equal(have, want) {
		return fmt.Errorf("it has the placeholders %v, the program fills in %v", have, want)
	}
	c.langs[lang][key] = m
	return nil
}

// Reword has every sentence of lang say words otherwise, by what it says them
// for; whole words only, the longest first, with a capital where there was one.
// It returns those that no sentence says. Not for a catalogue that is in use.
func (c *Catalogue) Reword(lang string, words map[string]string) (unsaid []string) {
	w := &rewording{words: words, said: map[string]bool{}}
	w.order = slices.SortedFunc(maps.Keys(words), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for key, m := range c.langs[lang] {
		n := &message{text: w.in(m.text)}
		if m.forms != nil {
			n.forms = map[string]string{}
			for form, text := range m.forms {
				n.forms[form] = w.in(text)
			}
		}
		c.langs[lang][key] = n
	}
	for _, word := range w.order {
		if !w.said[word] {
			unsaid = append(unsaid, word)
		}
	}
	slices.Sort(unsaid)
	return unsaid
}

type rewording struct {
	words map[string]string
	order []string
	said  map[string]bool
}

// in returns a text in other words. What stands in braces the program fills in.
func (w *rewording) in(text string) string {
	var out strings.Builder
	before := ' '
	for i := 0; i < len(text); {
		rest := text[i:]
		if end := strings.IndexByte(rest, '}'); rest[0] == '{' && end > 0 {
			out.WriteString(rest[:end+1])
			i, before = i+end+1, '}'
			continue
		}
		if !unicode.IsLetter(before) && !unicode.IsDigit(before) {
			if word, say := w.at(rest); word > 0 {
				out.WriteString(say)
				i, before = i+word, 'x'
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(rest)
		out.WriteRune(r)
		i, before = i+size, r
	}
	return out.String()
}

// at returns how long the word is with which a text begins, and what is said
// for it.
func (w *rewording) at(text string) (length int, say string) {
	for _, word := range w.order {
		if len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(text[len(word):]); unicode.IsLetter(next) || unicode.IsDigit(next) {
			continue
		}
		w.said[word] = true
		say = w.words[word]
		if first, _ := utf8.DecodeRuneInString(text); unicode.IsUpper(first) {
			r, size := utf8.DecodeRuneInString(say)
			say = string(unicode.ToUpper(r)) + say[size:]
		}
		return len(word), say
	}
	return 0, ""
}
