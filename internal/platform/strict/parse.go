package strict

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The bounds on one document.
const (
	MaxSize   = 1 << 20
	maxTokens = 200_000
	maxDepth  = 40 // brackets within brackets
	maxIndent = 80 // columns before a key or a dash
)

// Problem is one mistake: where it is, and what to do about it.
type Problem struct {
	Path    string
	Line    int
	Message string
}

// Document is a parsed file.
type Document struct {
	root ast.Node
}

// Parse reads one YAML document. With problems, the document is nil.
func Parse(data []byte) (*Document, []Problem) {
	if p := Text(data); p != nil {
		return nil, []Problem{*p}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, []Problem{{Line: 1, Message: "the file is empty"}}
	}
	tokens := lexer.Tokenize(string(data))
	if problems := check(tokens); len(problems) > 0 {
		return nil, problems
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // Decode reports them
	if err != nil {
		return nil, []Problem{syntax(err)}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil, []Problem{{Line: 1, Message: "the file declares nothing"}}
	}
	return &Document{root: file.Docs[0].Body}, nil
}

// Text answers what makes data unfit as a text of any kind: its size, its
// encoding, or characters that hide what is there. Nil means it is fit.
func Text(data []byte) *Problem {
	if len(data) > MaxSize {
		return &Problem{Line: 1, Message: fmt.Sprintf("the file has %d bytes; the most is %d", len(data), MaxSize)}
	}
	line := 1
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return &Problem{Line: line, Message: "not valid UTF-8"}
		}
		if r == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			i++
			continue
		}
		if Hidden(r) {
			return &Problem{Line: line, Message: fmt.Sprintf("the character %U is not allowed: it hides or reorders text", r)}
		}
		if r == '\n' {
			line++
		}
		i += n
	}
	return nil
}

// Hidden reports whether r is a control character other than tab and line
// feed, or one that overrides the direction of the text around it.
func Hidden(r rune) bool {
	switch {
	case r == '\t', r == '\n':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfeff, r == 0x2028, r == 0x2029:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// check refuses what the parser should never see.
func check(tokens token.Tokens) []Problem {
	if len(tokens) > maxTokens {
		return []Problem{{Line: 1, Message: fmt.Sprintf("the file has more than %d parts", maxTokens)}}
	}
	var problems []Problem
	depth := 0
	for i, t := range tokens {
		refuse := func(format string, args ...any) {
			problems = append(problems, Problem{Line: t.Position.Line, Message: fmt.Sprintf(format, args...)})
		}
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			refuse("anchors and aliases are not allowed: write the value out")
		case token.TagType:
			refuse("tags (%q) are not allowed", t.Value)
		case token.DirectiveType:
			refuse("directives are not allowed")
		case token.DocumentHeaderType:
			if i > 0 && !onlyComments(tokens[:i]) {
				refuse("a second document is not allowed")
			}
		case token.DocumentEndType:
			refuse("a document end is not allowed")
		case token.MappingKeyType:
			refuse("keys that begin with ? are not allowed")
		case token.InvalidType:
			refuse("%s", firstOf(t.Error, "not YAML"))
		case token.MappingStartType, token.SequenceStartType:
			if depth++; depth > maxDepth {
				refuse("more than %d brackets within brackets", maxDepth)
				return problems
			}
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType:
			if t.Position.Column > maxIndent {
				refuse("indented by more than %d columns", maxIndent)
				return problems
			}
		case token.MappingValueType:
			if depth == 0 && i > 0 && tokens[i-1].Position.Column > maxIndent {
				refuse("indented by more than %d columns", maxIndent)
				return problems
			}
		}
		if len(problems) > 100 {
			return problems
		}
	}
	return problems
}

func onlyComments(tokens token.Tokens) bool {
	for _, t := range tokens {
		if t.Type != token.CommentType {
			return false
		}
	}
	return true
}

func syntax(err error) Problem {
	p := Problem{Line: 1, Message: "not YAML"}
	var e yaml.Error
	if errors.As(err, &e) {
		p.Message = firstOf(e.GetMessage(), p.Message)
		if t := e.GetToken(); t != nil && t.Position != nil {
			p.Line = t.Position.Line
		}
	}
	return p
}

func firstOf(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Line returns the line on which the value at path stands, or its nearest
// ancestor if there is no such value.
func (d *Document) Line(path string) int {
	node, at := d.root, line(d.root)
	for path != "" {
		next, rest := child(node, path)
		if next == nil {
			break
		}
		node, path = next.value, rest
		at = next.line
	}
	return at
}

// Has reports whether a value stands at path.
func (d *Document) Has(path string) bool {
	for node := d.root; path != ""; {
		next, rest := child(node, path)
		if next == nil {
			return false
		}
		node, path = next.value, rest
	}
	return true
}

type place struct {
	value ast.Node
	line  int
}

// child finds what the beginning of path names below node. A key may hold
// a "/" itself, so the longest that fits wins.
func child(node ast.Node, path string) (*place, string) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return among(n.Values, path)
	case *ast.MappingValueNode:
		return among([]*ast.MappingValueNode{n}, path)
	case *ast.SequenceNode:
		head, rest, _ := strings.Cut(path, "/")
		if i, err := strconv.Atoi(head); err == nil && i >= 0 && i < len(n.Values) {
			return &place{n.Values[i], line(n.Values[i])}, rest
		}
		for _, item := range n.Values {
			if id := valueOf(item, "id"); id != "" {
				if rest, ok := below(path, id); ok {
					return &place{item, line(item)}, rest
				}
			}
		}
	}
	return nil, path
}

func among(values []*ast.MappingValueNode, path string) (*place, string) {
	var best *place
	longest, left := -1, path
	for _, v := range values {
		key, _, ok := keyOf(v)
		if !ok || len(key) <= longest {
			continue
		}
		if rest, ok := below(path, key); ok {
			best, longest, left = &place{v.Value, v.Key.GetToken().Position.Line}, len(key), rest
		}
	}
	return best, left
}

// below returns what remains of path below key.
func below(path, key string) (string, bool) {
	rest, ok := strings.CutPrefix(path, key)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

func valueOf(node ast.Node, key string) string {
	for _, v := range entries(node) {
		if k, _, ok := keyOf(v); ok && k == key {
			if s, ok := v.Value.(*ast.StringNode); ok {
				return s.Value
			}
		}
	}
	return ""
}

func entries(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func keyOf(v *ast.MappingValueNode) (key string, line int, ok bool) {
	t := v.Key.GetToken()
	if t == nil {
		return "", 0, false
	}
	switch k := v.Key.(type) {
	case *ast.StringNode:
		return k.Value, t.Position.Line, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return t.Value, t.Position.Line, true
	}
	return "", t.Position.Line, false
}

// line is where a node begins.
func line(node ast.Node) int {
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		node = m.Values[0]
	}
	if v, ok := node.(*ast.MappingValueNode); ok && v.Key != nil {
		if t := v.Key.GetToken(); t != nil {
			return t.Position.Line
		}
	}
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 1
	}
	return node.GetToken().Position.Line
}
