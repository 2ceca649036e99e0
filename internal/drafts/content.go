package drafts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico/internal/forms"
	"portico/internal/forms/sent"
)

// The bounds on a draft.
const (
	maxContent = 512 << 10         // bytes of all that was typed
	maxInput   = 4 * forms.MaxText // bytes of one input
)

// content is what is sealed of a draft: all that was typed, right or wrong.
type content struct {
	Typed  url.Values       `json:"typed,omitempty"`
	Filled map[string]offer `json:"filled,omitempty"` // by key: what the profile filled in and nobody changed
	Alone  bool             `json:"alone,omitempty"`  // the person wants nothing of their profile
	Done   []string         `json:"done,omitempty"`   // pages that were answered without a fault
	From   string           `json:"from,omitempty"`   // the version it was begun under, until the person knows what a newer one changes
	Named  []sent.Company   `json:"named,omitempty"`  // for which the person acts, as an official was told
	Hands  map[string]hand  `json:"hands,omitempty"`  // by page: the window that saved it last, if it counts what it sends
}

// hand is what a window calls itself, and how often it has sent its page.
type hand struct {
	Window string `json:"window"`
	Count  int64  `json:"count"`
}

// handOf reads what a window says of itself: nothing from one without scripts.
func handOf(text string) hand {
	window, count, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil || n < 1 || window == "" || len(window) > 40 {
		return hand{}
	}
	return hand{window, n}
}

// same reports whether two saves are of one window.
func (h hand) same(o hand) bool { return h.Window != "" && h.Window == o.Window }

// offer is a value that a profile has for a question.
type offer struct {
	Text   string `json:"text"`
	Source string `json:"source"`
}

// pack writes the content in its one form.
func (c *content) pack() (string, error) {
	b, err := json.Marshal(c) // maps are written in order of their keys
	if err == nil && len(b) > maxContent {
		err = errTooMuch
	}
	return string(b), err
}

func unpack(text string) (content, error) {
	var c content
	if text != "" {
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return c, fmt.Errorf("read a draft: %w", err)
		}
	}
	return c, nil
}

// clone copies the content, so that a change can be compared with it.
func (c *content) clone() content {
	out := content{Typed: url.Values{}, Filled: maps.Clone(c.Filled), Alone: c.Alone, From: c.From, Named: c.Named, Done: slices.Clone(c.Done), Hands: maps.Clone(c.Hands)}
	for name, values := range c.Typed {
		out.Typed[name] = slices.Clone(values)
	}
	if out.Filled == nil {
		out.Filled = map[string]offer{}
	}
	return out
}

// owns reports whether a browser sends a field, or a part of it, as name.
func owns(f forms.Field, name string) bool {
	return slices.Contains(f.Inputs(f.Key), name) || strings.HasPrefix(name, f.Key+".")
}

// onPage reports whether an input stands on a page.
func onPage(form *forms.Form, page forms.Page, name string) bool {
	return slices.ContainsFunc(page.Fields, func(key string) bool {
		f, ok := form.Field(key)
		return ok && owns(f, name)
	})
}

// ofPage returns the inputs of a page, without those that are empty.
func ofPage(form *forms.Form, page forms.Page, values url.Values) url.Values {
	out := url.Values{}
	for name, v := range values {
		if onPage(form, page, name) && strings.Join(v, "") != "" {
			out[name] = v
		}
	}
	return out
}

// put takes over what was sent of a page, and returns all that was typed as
// the form reads it. A button that was pressed has added or taken away a row.
func (c *content) put(form *forms.Form, page forms.Page, in sent.Input) *sent.Sent {
	all := url.Values{}
	for name, v := range c.Typed {
		if !onPage(form, page, name) {
			all[name] = v
		}
	}
	maps.Copy(all, ofPage(form, page, in.Values))
	c.Typed = maps.Clone(all)
	all = known(form, all)
	for _, button := range []string{sent.InputAdd, sent.InputRemove} {
		if v := in.Values[button]; len(v) == 1 {
			all[button] = v
		}
	}
	read := sent.Decode(form, sent.Input{Values: all, Companies: in.Companies})
	for _, key := range page.Fields {
		if f, _ := form.Field(key); f.Kind == forms.Group {
			c.rows(f, read.Typed) // under the numbers that they have now
		}
	}
	for key, given := range c.Filled {
		if read.Answers[key] != given.Text {
			delete(c.Filled, key) // changed by the person, it is the person's
		}
	}
	return read
}

// rows takes over the rows of a group.
func (c *content) rows(f forms.Field, typed map[string]string) {
	for name := range c.Typed {
		if owns(f, name) {
			delete(c.Typed, name)
		}
	}
	for name, text := range typed {
		if owns(f, name) && text != "" {
			c.Typed[name] = []string{text}
		}
	}
}

// fill puts a value of the profile where nothing was typed.
func (c *content) fill(form *forms.Form, f forms.Field, given offer) {
	for name := range c.Typed {
		if owns(f, name) {
			return
		}
	}
	if kept, _ := form.Adopt(forms.Answers{f.Key: given.Text}); kept[f.Key] == "" {
		return // it is not written as this form wants it
	}
	for name, text := range sent.Typed(form, forms.Answers{f.Key: given.Text}) {
		c.Typed[name] = []string{text}
	}
	c.Filled[f.Key] = given
}

// take puts a value of the profile where the person asks for it.
func (c *content) take(form *forms.Form, f forms.Field, given offer) {
	for name := range c.Typed {
		if owns(f, name) {
			delete(c.Typed, name)
		}
	}
	c.fill(form, f, given)
}

// clear takes away what the profile filled in for a question.
func (c *content) clear(f forms.Field) {
	if _, filled := c.Filled[f.Key]; !filled {
		return
	}
	delete(c.Filled, f.Key)
	for name := range c.Typed {
		if owns(f, name) {
			delete(c.Typed, name)
		}
	}
}

// by notes which window has saved a page; none if it does not say.
func (c *content) by(page string, h hand) {
	if h.Window == "" {
		delete(c.Hands, page)
		return
	}
	if c.Hands == nil {
		c.Hands = map[string]hand{}
	}
	c.Hands[page] = h
}

// done notes whether a page is answered without a fault.
func (c *content) done(page string, is bool) {
	c.Done = slices.DeleteFunc(c.Done, func(p string) bool { return p == page })
	if is {
		c.Done = append(c.Done, page)
	}
}

// digest names what the inputs of a page hold, so that a page can say what it
// was made from.
func digest(inputs url.Values) string {
	b, err := json.Marshal(inputs)
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

func same(a, b url.Values) bool { return digest(a) == digest(b) }
