package text

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gtext "github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"portico/internal/platform/strict"
)

// Problem is one mistake in a text, with its line.
type Problem = strict.Problem

// Document is a parsed text. It never changes and is safe for concurrent use.
type Document struct {
	Lang       string
	Chapters   []Chapter
	References []Reference
	root       ast.Node
	source     []byte
}

// Chapter is a heading of the second level and what follows it. The words
// before the first one are a chapter without id and title.
type Chapter struct {
	ID    string
	Title string
	Line  int
	Text  string // as written
}

// Reference is one use of a declaration.
type Reference struct {
	Name    string // promise, fields, …
	ID      string // what follows the colon, if anything does
	Block   bool   // it stands alone, and expands to a list or table
	Line    int
	Chapter string // id of the chapter it stands in
}

// String returns the reference as it is written.
func (r Reference) String() string {
	if r.ID == "" {
		return "{" + r.Name + "}"
	}
	return "{" + r.Name + ":" + r.ID + "}"
}

// place says where a reference may stand.
type place uint8

const (
	nowhere place = iota
	inSentence
	onItsOwn
)

// places returns where a reference of this name may stand without and with an id.
func places(name string) (bare, withID place) {
	switch name {
	case "fields", "recipients":
		return onItsOwn, onItsOwn
	case "purposes", "parties", "retention":
		return onItsOwn, inSentence
	case "cookies", "rights", "measures", "contact", "automated", "deferrals":
		return onItsOwn, nowhere
	case "promise":
		return nowhere, inSentence
	case "location", "operator", "law", "horizon", "backups":
		return inSentence, nowhere
	}
	return nowhere, nowhere
}

// Parse reads the text of one language. With problems, the document is nil.
func Parse(lang string, source []byte) (*Document, []Problem) {
	if p := strict.Text(source); p != nil {
		return nil, []Problem{*p}
	}
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	if p := tooDeep(source); p != nil {
		return nil, []Problem{*p}
	}
	md := parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(append(parser.DefaultInlineParsers(), util.Prioritized(referenceParser{}, 50))...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
		parser.WithHeadingAttribute(),
	)
	d := &Document{Lang: lang, source: source, root: md.Parse(gtext.NewReader(source))}
	r := &reading{doc: d, ids: map[string]bool{}}
	r.walk()
	r.chapters()
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, r.problems
	}
	return d, nil
}

// maxNesting bounds quotes in quotes and lists in lists on one line, which
// the parser would otherwise follow as deep as they go.
const maxNesting = 12

func tooDeep(source []byte) *Problem {
	line := 0
	for l := range bytes.Lines(source) {
		line++
		depth := 0
	scan:
		for _, c := range l {
			switch c {
			case '>', '-', '+', '*':
				depth++
			case ' ', '\t':
			default:
				break scan
			}
		}
		if depth > maxNesting && bytes.IndexByte(l, '>') >= 0 || depth > 60 || bytes.Count(l, []byte("[")) > 100 {
			return &Problem{Line: line, Message: "too deeply nested"}
		}
	}
	return nil
}

// node is a reference in the tree.
type node struct {
	ast.BaseInline
	ref Reference
	at  int // offset in the source
}

var kind = ast.NewNodeKind("Reference")

func (n *node) Kind() ast.NodeKind            { return kind }
func (n *node) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// referenceParser makes a node of whatever stands in braces; whether it is a
// reference is looked at later, so that every mistake is reported.
type referenceParser struct{}

func (referenceParser) Trigger() []byte { return []byte{'{'} }

var braces = regexp.MustCompile(`^\{[^{}\n]{0,100}\}`)

func (referenceParser) Parse(_ ast.Node, block gtext.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	m := braces.Find(line)
	if m == nil {
		return nil
	}
	block.Advance(len(m))
	name, id, _ := strings.Cut(string(m[1:len(m)-1]), ":")
	return &node{ref: Reference{Name: name, ID: id}, at: segment.Start}
}

// reading collects what a tree says and what is wrong with it.
type reading struct {
	doc      *Document
	problems []Problem
	ids      map[string]bool
	starts   []int // offset at which each chapter's heading begins
	chapter  string
	count    int
}

func (r *reading) line(offset int) int {
	return 1 + bytes.Count(r.doc.source[:min(offset, len(r.doc.source))], []byte("\n"))
}

func (r *reading) report(offset int, format string, args ...any) {
	r.problems = append(r.problems, Problem{Line: r.line(offset), Message: fmt.Sprintf(format, args...)})
}

// offset is where n begins, or the nearest node above it that knows.
func offset(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if at := n.Pos(); at >= 0 {
			return at
		}
	}
	return 0
}

func (r *reading) walk() {
	_ = ast.Walk(r.doc.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			r.node(n)
		}
		return ast.WalkContinue, nil
	})
}

func (r *reading) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.HTMLBlock, *ast.RawHTML:
		r.report(offset(n), "HTML is not allowed in a policy text")
	case *ast.Image:
		r.report(offset(n), "pictures are not allowed in a policy text")
	case *ast.Link:
		r.address(n, string(n.Destination))
	case *ast.AutoLink:
		r.address(n, string(n.URL(r.doc.source)))
	case *ast.Heading:
		r.heading(n)
	case *node:
		r.reference(n)
	}
}

// address checks where a link leads.
func (r *reading) address(n ast.Node, to string) {
	u, err := url.Parse(to)
	if err == nil {
		switch u.Scheme {
		case "https", "mailto", "tel":
			return
		case "":
			if u.Host == "" && (strings.HasPrefix(to, "/") || strings.HasPrefix(to, "#")) {
				return
			}
		}
	}
	r.report(offset(n), "a link leads to https, mailto, tel or a page of the portal, not to %q", to)
}

var anchorForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,40}$`)

func (r *reading) heading(h *ast.Heading) {
	at := offset(h)
	if h.Level == 1 || h.Level > 4 {
		r.report(at, "a heading has two to four #: the page's own title is the first level")
	}
	if h.Parent().Kind() != ast.KindDocument || h.Lines().Len() == 0 {
		r.report(at, "a heading has words, and stands in no list or quote")
		return
	}
	id := ""
	for _, a := range h.Attributes() {
		v, ok := a.Value.([]byte)
		if string(a.Name) != "id" || !ok || !anchorForm.Match(v) {
			r.report(at, "a heading may have an anchor such as {#rights}, and nothing else in braces")
			continue
		}
		id = string(v)
	}
	if id == "" {
		r.count++
		id = "part-" + strconv.Itoa(r.count)
		h.SetAttributeString("id", []byte(id))
	}
	if r.ids[id] {
		r.report(at, "the anchor {#%s} is there twice", id)
	}
	r.ids[id] = true
	if h.Level != 2 {
		return
	}
	r.chapter = id
	start := bytes.LastIndexByte(r.doc.source[:at], '\n') + 1
	r.starts = append(r.starts, start)
	r.doc.Chapters = append(r.doc.Chapters, Chapter{ID: id, Title: words(h, r.doc.source), Line: r.line(at)})
}

// words is the plain text below n.
func words(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

func (r *reading) reference(n *node) {
	bare, withID := places(n.ref.Name)
	want := bare
	if n.ref.ID != "" {
		want = withID
	}
	if bare == nowhere && withID == nowhere {
		r.report(n.at, "%s is no reference: write \\{ for a brace that is none", n.ref)
		return
	}
	for up := n.Parent(); up != nil; up = up.Parent() {
		if up.Kind() == ast.KindHeading || up.Kind() == ast.KindLink {
			r.report(n.at, "%s cannot stand in a heading or a link", n.ref)
			return
		}
	}
	p := n.Parent()
	alone := p.ChildCount() == 1 && p.Kind() == ast.KindParagraph && p.Parent().Kind() == ast.KindDocument
	switch {
	case want == nowhere && n.ref.ID == "":
		r.report(n.at, "%s needs the id of one: {%s:ID}", n.ref, n.ref.Name)
		return
	case want == nowhere:
		r.report(n.at, "%s takes no id: write {%s}", n.ref, n.ref.Name)
		return
	case want == onItsOwn && !alone:
		r.report(n.at, "%s stands on a line of its own, between empty lines", n.ref)
		return
	}
	n.ref.Block = want == onItsOwn
	n.ref.Line, n.ref.Chapter = r.line(n.at), r.chapter
	r.doc.References = append(r.doc.References, n.ref)
}

// chapters cuts the source at the headings.
func (r *reading) chapters() {
	d := r.doc
	end := len(d.source)
	for i, start := range slices.Backward(r.starts) {
		d.Chapters[i].Text = strings.TrimSpace(string(d.source[start:end]))
		end = start
	}
	if opening := strings.TrimSpace(string(d.source[:end])); opening != "" {
		d.Chapters = append([]Chapter{{Line: 1, Text: opening}}, d.Chapters...)
	}
}
