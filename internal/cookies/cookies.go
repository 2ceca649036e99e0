package cookies

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"portico/internal/policy"
)

//go:embed locales/*.yaml
var locales embed.FS

// Locales returns the sentences of this package.
func Locales() fs.FS { return locales }

// Choices are a yes or a no for classes, as one browser gave them. A class
// that is not there was not answered.
type Choices map[string]bool

// maxChoices is more than the classes that there are could need.
const maxChoices = 120

// Parse reads what a browser sent. Whatever is not ours is no answer.
func Parse(s string) Choices {
	c := Choices{}
	if len(s) > maxChoices {
		return c
	}
	for _, part := range strings.Split(s, ".") {
		class, answer, _ := strings.Cut(part, ":")
		if slices.Contains(policy.CookieClass("").Values(), class) && (answer == "yes" || answer == "no") {
			c[class] = answer == "yes"
		}
	}
	return c
}

// String is what the cookie holds: the same for everybody who chose the same.
func (c Choices) String() string {
	var parts []string
	for _, class := range policy.CookieClass("").Values() {
		if granted, answered := c[class]; answered {
			parts = append(parts, class+map[bool]string{true: ":yes", false: ":no"}[granted])
		}
	}
	return strings.Join(parts, ".")
}

// optional lists the declared classes that need a choice, in order.
func optional(declared []policy.Cookie) (classes []string) {
	for _, class := range policy.CookieClass("").Values() {
		is := func(c policy.Cookie) bool { return string(c.Class) == class }
		if class != string(policy.CookieNecessary) && slices.ContainsFunc(declared, is) {
			classes = append(classes, class)
		}
	}
	return classes
}
