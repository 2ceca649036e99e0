package i18n

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
