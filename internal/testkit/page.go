package testkit

import (
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Nodes is what a selector matched, in the order of the page.
type Nodes struct {
	t     testing.TB
	what  string
	nodes []*html.Node
}

// Page reads the body of a response as HTML and returns the whole document.
func Page(t testing.TB, resp *http.Response) Nodes {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		t.Fatalf("the answer (status %d) is %q, not a page", resp.StatusCode, kind)
	}
	return HTML(t, resp.Body)
}

// HTML reads HTML from r and returns the whole document.
func HTML(t testing.TB, r io.Reader) Nodes {
	t.Helper()
	root, err := html.Parse(r)
	if err != nil {
		t.Fatalf("read the page: %v", err)
	}
	return Nodes{t: t, what: "the page", nodes: []*html.Node{root}}
}

// Find returns everything below that the CSS selector matches, which may be
// nothing.
func (n Nodes) Find(selector string) Nodes {
	n.t.Helper()
	match, err := cascadia.ParseGroup(selector)
	if err != nil {
		n.t.Fatalf("selector %q: %v", selector, err)
	}
	found := Nodes{t: n.t, what: selector}
	for _, root := range n.nodes {
		for _, node := range cascadia.QueryAll(root, match) {
			if !slices.Contains(found.nodes, node) {
				found.nodes = append(found.nodes, node)
			}
		}
	}
	return found
}

// One returns the only match of the selector; none or several fail the test.
func (n Nodes) One(selector string) Nodes {
	n.t.Helper()
	found := n.Find(selector)
	if len(found.nodes) != 1 {
		n.t.Fatalf("%q matches %d elements, not one, in:\n%s", selector, len(found.nodes), n.excerpt())
	}
	return found
}

// Has reports whether the selector matches anything.
func (n Nodes) Has(selector string) bool {
	n.t.Helper()
	return len(n.Find(selector).nodes) > 0
}

// Len is the number of elements.
func (n Nodes) Len() int { return len(n.nodes) }

// All walks through the elements one by one.
func (n Nodes) All() iter.Seq[Nodes] {
	return func(yield func(Nodes) bool) {
		for _, node := range n.nodes {
			if !yield(Nodes{t: n.t, what: n.what, nodes: []*html.Node{node}}) {
				return
			}
		}
	}
}

// Text is the text of all elements, with runs of white space as one space.
func (n Nodes) Text() string {
	var b strings.Builder
	for _, node := range n.nodes {
		text(&b, node)
		b.WriteByte(' ')
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Texts is the text of each element.
func (n Nodes) Texts() []string {
	var out []string
	for one := range n.All() {
		out = append(out, one.Text())
	}
	return out
}

// Attr is an attribute of the first element; no element or no such attribute
// fails the test.
func (n Nodes) Attr(name string) string {
	n.t.Helper()
	if len(n.nodes) == 0 {
		n.t.Fatalf("%q matches nothing, so it has no attribute %s", n.what, name)
	}
	value, ok := attribute(n.nodes[0], name)
	if !ok {
		n.t.Fatalf("%q has no attribute %s", n.what, name)
	}
	return value
}

// HasAttr reports whether the first element has the attribute.
func (n Nodes) HasAttr(name string) bool {
	if len(n.nodes) == 0 {
		return false
	}
	_, ok := attribute(n.nodes[0], name)
	return ok
}

// Values is what a browser would send of the fields below, unchanged: hidden
// fields, texts, what is ticked and what is chosen.
func (n Nodes) Values() url.Values {
	out := url.Values{}
	for field := range n.Find("input[name], textarea[name], select[name]").All() {
		if field.HasAttr("disabled") {
			continue
		}
		node, name := field.nodes[0], field.Attr("name")
		value, _ := attribute(node, "value")
		kind, _ := attribute(node, "type")
		switch {
		case node.Data == "textarea":
			var b strings.Builder
			text(&b, node)
			out.Add(name, b.String())
		case node.Data == "select":
			options := field.Find("option[selected]")
			if options.Len() == 0 {
				options = field.Find("option:first-of-type")
			}
			for option := range options.All() {
				chosen, ok := attribute(option.nodes[0], "value")
				if !ok {
					chosen = option.Text()
				}
				out.Add(name, chosen)
			}
		case kind == "checkbox" || kind == "radio":
			if field.HasAttr("checked") {
				out.Add(name, value)
			}
		case kind == "submit" || kind == "button" || kind == "file" || kind == "image":
		default:
			out.Add(name, value)
		}
	}
	return out
}

// excerpt is the beginning of the markup, for messages.
func (n Nodes) excerpt() string {
	var b strings.Builder
	for _, node := range n.nodes {
		if err := html.Render(&b, node); err != nil {
			return err.Error()
		}
	}
	s := b.String()
	return s[:min(len(s), 4000)]
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func text(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	for c := range n.ChildNodes() {
		text(b, c)
	}
}

// PDF is a small PDF that says something.
func PDF(text string) []byte {
	return []byte("%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj\n2 0 obj\n<</Length 9>>\nstream\n" + strings.Repeat(text+"\n", 3000) +
		"endstream\nendobj\nstartxref\n9\n%%EOF\n")
}
