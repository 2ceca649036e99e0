package strict

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

const maxProblems = 200 // a document: who made more begins elsewhere anyway

// Decode fills what into points at, and returns every problem it met.
func (d *Document) Decode(into any) []Problem {
	w := &walker{}
	w.value(d.root, reflect.ValueOf(into).Elem(), "", 0)
	return w.problems
}

type walker struct{ problems []Problem }

func (w *walker) report(at int, path, format string, args ...any) {
	if len(w.problems) < maxProblems {
		w.problems = append(w.problems, Problem{Path: path, Line: at, Message: fmt.Sprintf(format, args...)})
	}
}

var textual = reflect.TypeFor[encoding.TextUnmarshaler]()

func (w *walker) value(node ast.Node, into reflect.Value, path string, depth int) {
	at := line(node)
	if depth > 2*maxDepth {
		w.report(at, path, "nested too deep")
		return
	}
	t := into.Type()
	if t.Kind() == reflect.Pointer {
		p := reflect.New(t.Elem())
		w.value(node, p.Elem(), path, depth)
		into.Set(p)
		return
	}
	if reflect.PointerTo(t).Implements(textual) {
		if s, ok := w.text(node, path); ok {
			if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
				w.report(at, path, "%s: %v", label(path), err)
			}
		}
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		w.structure(node, into, path, depth)
	case reflect.Map:
		w.mapping(node, into, path, depth)
	case reflect.Slice:
		seq, ok := node.(*ast.SequenceNode)
		if !ok {
			w.report(at, path, "%s: must be a list, not %s", label(path), kind(node))
			return
		}
		list := reflect.MakeSlice(t, len(seq.Values), len(seq.Values))
		for i, item := range seq.Values {
			w.value(item, list.Index(i), join(path, fmt.Sprint(i)), depth+1)
		}
		into.Set(list)
	case reflect.String:
		if s, ok := w.text(node, path); ok {
			into.SetString(s)
			w.enumerated(into, at, path)
		}
	case reflect.Bool:
		b, ok := node.(*ast.BoolNode)
		if !ok {
			w.report(at, path, "%s: must be true or false, not %s", label(path), kind(node))
			return
		}
		into.SetBool(b.Value)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := whole(node)
		if !ok || into.OverflowInt(n) {
			w.report(at, path, "%s: must be a whole number, not %s", label(path), kind(node))
			return
		}
		into.SetInt(n)
	case reflect.Float64:
		switch n := node.(type) {
		case *ast.FloatNode:
			into.SetFloat(n.Value)
		default:
			i, ok := whole(node)
			if !ok {
				w.report(at, path, "%s: must be a number, not %s", label(path), kind(node))
				return
			}
			into.SetFloat(float64(i))
		}
	case reflect.Interface:
		if v := w.anything(node, path, depth); v != nil {
			into.Set(reflect.ValueOf(v))
		}
	default:
		panic("strict: cannot read into " + t.String()) // a mistake in the program's own types, found by any test that reads
	}
}

// enumerated checks a named string type that lists its values.
func (w *walker) enumerated(v reflect.Value, at int, path string) {
	if e, ok := v.Interface().(interface{ Values() []string }); ok && !slices.Contains(e.Values(), v.String()) {
		w.report(at, path, "%s: %q is none of %s", label(path), v.String(), strings.Join(e.Values(), ", "))
	}
}

func (w *walker) structure(node ast.Node, into reflect.Value, path string, depth int) {
	if !w.isMapping(node, path) {
		return
	}
	fields := fieldsOf(into.Type())
	seen := map[string]bool{}
	w.each(node, path, func(key string, at int, value ast.Node) {
		f, ok := fields[key]
		if !ok {
			w.report(at, join(path, key), "unknown key %q%s", key, nearest(key, fields))
			return
		}
		seen[key] = true
		if _, null := value.(*ast.NullNode); null {
			if f.required {
				w.report(at, join(path, key), "%s: has no value", key)
			}
			return
		}
		w.value(value, into.FieldByIndex(f.index), join(path, key), depth+1)
	})
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if fields[key].required && !seen[key] {
			w.report(line(node), join(path, key), "missing key %q", key)
		}
	}
}

func (w *walker) mapping(node ast.Node, into reflect.Value, path string, depth int) {
	if !w.isMapping(node, path) {
		return
	}
	t := into.Type()
	m := reflect.MakeMap(t)
	w.each(node, path, func(key string, at int, value ast.Node) {
		k, v := reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()
		k.SetString(key)
		w.enumerated(k, at, join(path, key))
		w.value(value, v, join(path, key), depth+1)
		m.SetMapIndex(k, v)
	})
	into.Set(m)
}

func (w *walker) isMapping(node ast.Node, path string) bool {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	w.report(line(node), path, "%s: must be keys with values, not %s", label(path), kind(node))
	return false
}

// each calls fn for the entries of a mapping, once a key.
func (w *walker) each(node ast.Node, path string, fn func(key string, at int, value ast.Node)) {
	seen := map[string]bool{}
	for _, v := range entries(node) {
		key, at, ok := keyOf(v)
		switch {
		case !ok:
			w.report(at, path, "a key must be a plain word")
		case hidden(key):
			w.report(at, path, "a key holds a character that hides or reorders text")
		case seen[key]:
			w.report(at, join(path, key), "key %q stands here twice", key)
		default:
			seen[key] = true
			fn(key, at, v.Value)
		}
	}
}

func (w *walker) text(node ast.Node, path string) (string, bool) {
	var s string
	switch n := node.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		w.report(line(node), path, "%s: must be text: put %s in quotes", label(path), n.GetToken().Value)
		return "", false
	default:
		w.report(line(node), path, "%s: must be text, not %s", label(path), kind(node))
		return "", false
	}
	if hidden(s) {
		w.report(line(node), path, "%s: holds a character that hides or reorders text", label(path))
		return "", false
	}
	return s, true
}

func (w *walker) anything(node ast.Node, path string, depth int) any {
	if depth > 2*maxDepth {
		w.report(line(node), path, "nested too deep")
		return nil
	}
	switch n := node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		m := map[string]any{}
		w.each(n, path, func(key string, _ int, value ast.Node) {
			m[key] = w.anything(value, join(path, key), depth+1)
		})
		return m
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, item := range n.Values {
			list[i] = w.anything(item, join(path, fmt.Sprint(i)), depth+1)
		}
		return list
	case *ast.BoolNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	case *ast.NullNode:
		return nil
	case *ast.IntegerNode:
		i, ok := whole(n)
		if !ok {
			w.report(line(n), path, "%s: the number is too large", label(path))
		}
		return i
	}
	s, _ := w.text(node, path)
	return s
}

func whole(node ast.Node) (int64, bool) {
	n, ok := node.(*ast.IntegerNode)
	if !ok {
		return 0, false
	}
	switch v := n.Value.(type) {
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= math.MaxInt64 //nolint:gosec // the second result says whether it fits
	}
	return 0, false
}

func hidden(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, Hidden)
}

func kind(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return "true or false"
	case *ast.NullNode:
		return "nothing"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	}
	return "this"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "/" + key
}

// label names the last key of a path, for messages.
func label(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

// nearest suggests a known key that differs little.
func nearest(key string, fields map[string]field) string {
	best, distance := "", 3
	for _, known := range slices.Sorted(maps.Keys(fields)) {
		if d := distanceOf(key, known); d < distance {
			best, distance = known, d
		}
	}
	if best == "" {
		return ": known are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

func distanceOf(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
