package kinds

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"portico/internal/platform/i18n"
	"portico/internal/policy"
)

// File is notices/ID.yaml: one kind of notice.
type File struct {
	Class    ClassName `yaml:"class" doc:"important: nobody can switch it off; service: switched off by whoever does not want it; newsletter: sent to who asked for it; marketing: only with a consent"`
	Name     i18n.Text `yaml:"name" doc:"what people call such notices, where they choose"`
	Why      i18n.Text `yaml:"why,omitempty" doc:"why it cannot be switched off; for important ones"`
	Channels []Channel `yaml:"channels,omitempty" doc:"by what it is sent; the cabinet has every notice"`
	Loud     bool      `yaml:"loud" doc:"it is sent in quiet hours too; for important ones"`
	Days     int       `yaml:"days,omitempty" doc:"of a reminder: how many days before"`
	Purpose  string    `yaml:"purpose,omitempty" doc:"of marketing: the purpose of purposes.yaml that a person consents to"`
	Title    i18n.Text `yaml:"title" doc:"one line: the subject of the e-mail, the title in the cabinet"`
	Text     i18n.Text `yaml:"text" doc:"what the e-mail and the cabinet say; the address of the page is added to the e-mail"`
	SMS      i18n.Text `yaml:"sms,omitempty" doc:"what the text message says"`
}

// ClassName is a class as declarations write it.
type ClassName string

// The names of the classes.
const (
	ImportantClass  ClassName = "important"
	ServiceClass    ClassName = "service"
	NewsletterClass ClassName = "newsletter"
	MarketingClass  ClassName = "marketing"
)

// Values lists the names.
func (ClassName) Values() []string {
	return []string{string(ImportantClass), string(ServiceClass), string(NewsletterClass), string(MarketingClass)}
}

// Channel is a way on which a notice reaches somebody, beside the cabinet.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
	Page  Channel = "page" // once, on the next page that the person opens
)

// Values lists the channels.
func (Channel) Values() []string { return []string{string(Email), string(SMS), string(Page)} }

// Kind is a declared kind of notice.
type Kind struct {
	File
	Occasion
}

// Set is the kinds of an instance, by id.
type Set map[string]*Kind

// Sends reports whether notices of the kind are sent by a channel.
func (k *Kind) Sends(c Channel) bool { return slices.Contains(k.Channels, c) }

// The activities under which addresses are opened for sending.
const (
	Activity      = "notices"
	ActivityStaff = "staff-notices"
)

// Activity is the activity under which an address is opened for it.
func (k *Kind) Activity() string {
	if k.Official() {
		return ActivityStaff
	}
	return Activity
}

// Opens reports whether an address in a field is opened for it under an
// activity: for marketing under one of the purpose that was consented to.
func (k *Kind) Opens(a policy.Activity, field string) bool {
	named := a.ID == k.Activity()
	if k.Class == MarketingClass {
		named = a.Purpose == k.Purpose
	}
	return named && a.Relation == policy.RelationSystem && slices.Contains(a.Fields, field)
}

// Contact is the field that holds where a channel leads, empty for none.
func (k *Kind) Contact(c Channel) string {
	switch {
	case k.Official():
		return policy.FieldStaffEmail
	case c == Email:
		return policy.FieldEmail
	case c == SMS:
		return policy.FieldPhone
	}
	return ""
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// Fill puts words into the places of a template. The words are data: what looks
// like a place in them stays as it is, and a character that ends a line or turns
// the order of what is read becomes a space.
func Fill(p *i18n.Printer, template i18n.Text, words map[string]string) string {
	return placeholder.ReplaceAllStringFunc(p.In(template), func(place string) string {
		return p.Isolate(plain(words[place[1:len(place)-1]]))
	})
}

// plain is s on one line, without characters that nobody sees.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if hidden(r) {
			return ' '
		}
		return r
	}, s)), " ")
}

// Problem is one fault of a declaration.
type Problem struct {
	Path    string // of the key in the file
	Message string
}

// maxText bounds a text message, of which a provider may make three.
const (
	maxTitle = 120
	maxSMS   = 300
	maxDays  = 60
)

// Compile checks the declaration of a kind.
func Compile(id string, f File) (*Kind, []Problem) {
	o, ok := occasion(id)
	if !ok {
		return nil, []Problem{{"", fmt.Sprintf("the program never sends %q; it knows %s", id, strings.Join(ids(), ", "))}}
	}
	var out []Problem
	fail := func(path, format string, args ...any) {
		out = append(out, Problem{path, fmt.Sprintf(format, args...)})
	}
	important := f.Class == ImportantClass
	switch {
	case important && len(f.Why) == 0 && o.To == Person:
		fail("class", "an important notice says why it cannot be switched off, in why")
	case !important && len(f.Why) > 0:
		fail("why", "only important notices cannot be switched off")
	case !important && f.Loud:
		fail("loud", "only important notices are sent in quiet hours")
	}
	if (f.Class == MarketingClass) != (f.Purpose != "") {
		fail("purpose", "marketing, and nothing else, names the purpose that a person consents to")
	}
	if o.Official() && f.Class != ImportantClass && f.Class != ServiceClass {
		fail("class", "it goes to officials, because of their work: important or service")
	}
	if id == Offer && f.Class != MarketingClass {
		fail("class", "an offer is marketing")
	}
	if id == Update && !important {
		fail("class", "what everybody has to know of is important")
	}
	if o.Asked && f.Class != NewsletterClass && f.Class != MarketingClass {
		fail("class", "it goes to who asked for it: newsletter or marketing")
	}
	for i, c := range f.Channels {
		switch {
		case slices.Index(f.Channels, c) != i:
			fail(fmt.Sprintf("channels/%d", i), "%s stands here twice", c)
		case o.Official() && c != Email:
			fail(fmt.Sprintf("channels/%d", i), "it goes to officials, by e-mail only")
		}
	}
	if slices.Contains(f.Channels, SMS) != (len(f.SMS) > 0) {
		fail("sms", "channels names sms if and only if there is a text for it")
	}
	if o.Reminds != (f.Days > 0) || f.Days > maxDays {
		fail("days", "a reminder, and nothing else, says how many days before: 1 to %d", maxDays)
	}
	for path, t := range map[string]i18n.Text{"title": f.Title, "text": f.Text, "sms": f.SMS} {
		for lang, words := range t {
			at := path + "/" + lang
			if path == "title" && (strings.Contains(words, "\n") || len([]rune(words)) > maxTitle) {
				fail(at, "a title is one line of at most %d characters", maxTitle)
			}
			if path == "sms" && len([]rune(words)) > maxSMS {
				fail(at, "a text message has at most %d characters", maxSMS)
			}
			for _, place := range placeholder.FindAllString(words, -1) {
				if word := place[1 : len(place)-1]; !slices.Contains(o.Places(), word) {
					fail(at, "there is no placeholder %s here; there are {%s}", place, strings.Join(o.Places(), "}, {"))
				}
			}
			if strings.ContainsAny(placeholder.ReplaceAllString(words, ""), "{}") {
				fail(at, "a brace that is no part of a placeholder")
			}
		}
	}
	if len(out) > 0 {
		return nil, out
	}
	return &Kind{File: f, Occasion: o}, nil
}
