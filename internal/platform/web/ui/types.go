// Package ui holds the components that every page is made of, after the
// patterns of the GOV.UK Design System with markup and style of our own.
//
// It promises: labels, hints and errors are tied to their fields; nothing is
// inline, so that the content security policy needs no exception; directions
// are logical, so that the same markup serves right-to-left languages.
// Values are data: no component takes markup, except children.
package ui

import (
	"context"
	"net/url"
	"strings"
	"unicode/utf8"

	"portico/internal/platform/i18n"
)

// Field is one question. One struct serves Input, Password, Textarea, Select,
// Radios, Checkboxes and Date; each uses what it needs.
type Field struct {
	ID           string // default: Name
	Name         string
	Label        string
	Hint         string
	Value        string   // for Date "YYYY-MM-DD", also incomplete, as DateValue returns it
	Values       []string // checked values of Checkboxes
	Error        string   // what is wrong and how to mend it; empty when fine
	Why          string   // why it is asked, who gets it, how long it is kept; paragraphs by line
	Optional     bool     // says "(optional)" after the label
	Shifts       bool     // whether it is optional may change while the page is filled in
	Heading      bool     // the label is the page's h1: one question a page
	Type         string   // of an Input: text (default), email, tel, number…
	Autocomplete string
	InputMode    string // numeric, decimal, tel, email
	Width        int    // in characters: 2, 3, 4, 5, 10, 20; 0 is full width
	Prefix       string // such as a currency
	Suffix       string // such as a unit
	LTR          bool   // identifiers, telephone numbers, addresses of mail: left to right always
	Rows         int    // of a Textarea; default 5
	Max          int    // characters a Textarea or Input takes; a Textarea counts them
	Options      []Option
	Key          string // the single key that leads to a Textarea, for those who turned keys on
	Inline       bool   // Radios beside each other, for two short options
	Accept       string // of an Input of type file: the endings and types that it offers
}

// Option is one answer to choose.
type Option struct {
	Value string
	Label string
	Hint  string
}

// Problem is one line of an error summary: the field to go to, and the same
// words as beside it.
type Problem struct {
	ID   string // of the field; empty for a problem of the whole page
	Href string // of another page on which it is mended
	Text string
}

// Kind is how something looks, always together with words and a shape.
type Kind string

// The kinds of tags and notifications.
const (
	Neutral Kind = "neutral"
	Info    Kind = "info"
	Good    Kind = "good"
	Warn    Kind = "warn"
	Bad     Kind = "bad"
)

// Btn is a button, or a link that looks like one when it has an Href.
type Btn struct {
	Text  string
	Name  string
	Value string
	Href  string
	Look  Look
	Key   string // the single key that leads to it, for those who turned keys on
}

// Look is a button's weight. A screen has one primary button.
type Look string

// The looks of a button.
const (
	Primary   Look = "primary"
	Secondary Look = "secondary"
	Danger    Look = "danger"
)

// Row is a line of a summary list.
type Row struct {
	Key    string
	Value  string // line breaks are kept
	LTR    bool   // an identifier
	Href   string // of the action
	Action string // such as "Change"; the key is added for screen readers
	Tag    *Label
}

// Label is a tag: a state in words, colour and shape.
type Label struct {
	Text string
	Kind Kind
}

// Cell is a cell of a table.
type Cell struct {
	Text    string
	Href    string
	Numeric bool
	LTR     bool // an identifier
	Short   bool // stays on one line, such as a date
	Tag     *Label
	Pick    *Pick // a box by which the row is chosen
	Bar     *Bar  // a picture of the row's numbers, which stand in other cells
}

// Pick is a box in a row: what it sends, and what choosing it is called.
type Pick struct {
	Name  string
	Value string
	Label string
	On    bool // chosen already
}

// Bar is a measure of a few parts, drawn beside the numbers that it shows.
// Whole is what the full length stands for.
type Bar struct {
	Parts []Part
	Whole int
}

// Part is a part of a bar; its kind gives colour and height.
type Part struct {
	N    int
	Kind Kind
}

// Grid is a table. On narrow screens each row becomes a card, in which every
// value carries its column's name.
type Grid struct {
	Caption string
	Head    []Cell
	Rows    [][]Cell
	Empty   string // said instead of a table without rows
}

// Task is a line of a task list.
type Task struct {
	Title  string
	Hint   string
	Href   string // empty: cannot be begun yet
	Status Label
}

// Item is a line of a list of links, such as services.
type Item struct {
	Title string
	Ref   string // what it is known by, never broken over two lines
	Href  string
	Text  string
	Meta  string
	Tag   *Label
}

// Event is a line of a timeline, newest first.
type Event struct {
	Title string
	Time  string // as read
	Text  string
	Kind  Kind
}

// Pages says which page of a list this is. Prev and Next are addresses, empty
// at the ends.
type Pages struct {
	Prev, Next string
	Text       string // such as "1 to 20 of 2,000"
	Key        string // the single key that leads to the next page
}

// T returns the sentence key in the language of the page.
func T(ctx context.Context, key string, args ...any) string {
	return i18n.From(ctx).T(key, args...)
}

// Words returns a declared text in the language of the page.
func Words(ctx context.Context, t i18n.Text) string { return i18n.From(ctx).In(t) }

// Href returns the address of path, which begins with a slash, in the
// language of the page.
func Href(ctx context.Context, path string) string {
	return "/" + i18n.From(ctx).Lang + path
}

// DateValue returns the date that the three inputs of Date sent, as
// "YYYY-MM-DD" with leading zeros in month and day, or as it was typed where it
// is no number. A year of two figures stays one: nobody means the year 99.
// It is empty when nothing was typed.
func DateValue(form url.Values, name string) string {
	clean := func(part string, width int) string {
		s := strings.ReplaceAll(strings.TrimSpace(form.Get(name+"-"+part)), "-", "")
		if n := width - utf8.RuneCountInString(s); s != "" && n > 0 {
			s = strings.Repeat("0", n) + s
		}
		return s
	}
	y, m, d := clean("year", 0), clean("month", 2), clean("day", 2)
	if y+m+d == "" {
		return ""
	}
	return y + "-" + m + "-" + d
}

// parts splits a date value for the three inputs: year, month, day.
func parts(v string) [3]string {
	var out [3]string
	copy(out[:], strings.SplitN(v, "-", 3))
	return out
}

func (f Field) id() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// describedBy ties hint and error to the field.
func (f Field) describedBy() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.id()+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.id()+"-error")
	}
	return strings.Join(ids, " ")
}

func (f Field) has(value string) bool {
	if f.Value == value && value != "" {
		return true
	}
	for _, v := range f.Values {
		if v == value {
			return true
		}
	}
	return false
}
