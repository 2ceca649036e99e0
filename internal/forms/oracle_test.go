package forms_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// node is an expression of a rule: what the form is given as text, and what
// the oracle evaluates on its own. It shares nothing with CEL or the product.
type node struct {
	op   string
	key  string // of an answer, or of a part of the row
	text string // literal
	n    int64  // literal
	args []*node
}

// cel writes the expression.
func (x *node) cel() string {
	a := func(i int) string { return x.args[i].cel() }
	switch x.op {
	case "int":
		return fmt.Sprint(x.n)
	case "true", "false":
		return x.op
	case "read":
		return "answers." + strings.ReplaceAll(x.key, "-", "_")
	case "has":
		return "has(answers." + strings.ReplaceAll(x.key, "-", "_") + ")"
	case "part":
		return "r." + x.key
	case "has-part":
		return "has(r." + x.key + ")"
	case "own":
		return "row." + x.key
	case "has-own":
		return "has(row." + x.key + ")"
	case "text":
		return `"` + x.text + `"`
	case "variant", "today":
		return x.op
	case "?":
		return "(" + a(0) + " ? " + a(1) + " : " + a(2) + ")"
	case "!":
		return "!" + a(0)
	case "size", "sum":
		return x.op + "(" + a(0) + ")"
	case "begun":
		return "begun(" + a(0) + ", " + a(1) + ")"
	case "map", "filter", "exists", "all":
		return a(0) + "." + x.op + "(r, " + a(1) + ")"
	}
	return "(" + a(0) + " " + x.op + " " + a(1) + ")"
}

// walk calls fn for each node.
func (x *node) walk(fn func(*node)) {
	fn(x)
	for _, a := range x.args {
		a.walk(fn)
	}
}

// keys are the answers that an expression reads, and those of them that it
// never asks has() of.
func (x *node) keys() (all, bare []string) {
	var asked []string
	x.walk(func(n *node) {
		switch n.op {
		case "read":
			all = append(all, n.key)
		case "has":
			all, asked = append(all, n.key), append(asked, n.key)
		}
	})
	for _, k := range all {
		if !slices.Contains(asked, k) {
			bare = append(bare, k)
		}
	}
	return all, bare
}

// parts are the parts of its own row that an expression reads and never asks
// has() of.
func (x *node) parts() (bare []string) {
	var asked []string
	x.walk(func(n *node) {
		switch n.op {
		case "own":
			bare = append(bare, n.key)
		case "has-own":
			asked = append(asked, n.key)
		}
	})
	return slices.DeleteFunc(bare, func(k string) bool { return slices.Contains(asked, k) })
}

// scene is what an expression is evaluated over. Values are *big.Int, bool,
// string, []string and []map[string]any.
type scene struct {
	answers map[string]any
	row     map[string]any // of a list
	own     map[string]any // that the rule is about
	variant string
	today   string
}

var (
	errUnanswered = errors.New("not answered")
	errNumber     = errors.New("no number")
)

// fits keeps a number within 64 bits.
func fits(n *big.Int) (any, error) {
	if !n.IsInt64() {
		return nil, errNumber
	}
	return n, nil
}

func (s *scene) eval(x *node) (any, error) {
	switch x.op {
	case "int":
		return big.NewInt(x.n), nil
	case "true", "false":
		return x.op == "true", nil
	case "text":
		return x.text, nil
	case "variant":
		return s.variant, nil
	case "today":
		return s.today, nil
	case "read", "part", "own":
		v, ok := map[string]map[string]any{"read": s.answers, "part": s.row, "own": s.own}[x.op][x.key]
		if !ok {
			return nil, errUnanswered
		}
		return v, nil
	case "has":
		_, ok := s.answers[x.key]
		return ok, nil
	case "has-part":
		_, ok := s.row[x.key]
		return ok, nil
	case "has-own":
		_, ok := s.own[x.key]
		return ok, nil
	case "?":
		c, err := s.eval(x.args[0])
		if err != nil {
			return nil, err
		}
		if c.(bool) {
			return s.eval(x.args[1])
		}
		return s.eval(x.args[2])
	case "&&", "||":
		return s.logic(x)
	case "map", "filter", "exists", "all":
		return s.rows(x)
	}
	var v []any
	for _, a := range x.args {
		one, err := s.eval(a)
		if err != nil {
			return nil, err
		}
		v = append(v, one)
	}
	return apply(x.op, v)
}

// logic is that of rules: one side may decide although the other fails.
func (s *scene) logic(x *node) (any, error) {
	decides := x.op == "||"
	a, errA := s.eval(x.args[0])
	b, errB := s.eval(x.args[1])
	switch {
	case errA == nil && a.(bool) == decides, errB == nil && b.(bool) == decides:
		return decides, nil
	case errA != nil:
		return nil, errA
	}
	return !decides, errB
}

// rows goes through the rows of a group.
func (s *scene) rows(x *node) (any, error) {
	list, err := s.eval(x.args[0])
	if err != nil {
		return nil, err
	}
	numbers, kept := []*big.Int{}, []map[string]any{}
	var failed error
	for _, row := range list.([]map[string]any) {
		inner := *s
		inner.row = row
		v, err := inner.eval(x.args[1])
		switch {
		case err != nil && (x.op == "map" || x.op == "filter"):
			return nil, err
		case err != nil: // another row may still decide
			failed = err
		case x.op == "map":
			numbers = append(numbers, v.(*big.Int))
		case x.op == "filter" && v.(bool):
			kept = append(kept, row)
		case x.op == "exists" && v.(bool), x.op == "all" && !v.(bool):
			return v, nil
		}
	}
	switch {
	case failed != nil:
		return nil, failed
	case x.op == "map":
		return numbers, nil
	case x.op == "filter":
		return kept, nil
	}
	return x.op == "all", nil
}

// apply computes what needs all its parts.
func apply(op string, v []any) (any, error) {
	switch op {
	case "!":
		return !v[0].(bool), nil
	case "size":
		if list, ok := v[0].([]string); ok {
			return big.NewInt(int64(len(list))), nil
		}
		return big.NewInt(int64(len(v[0].([]map[string]any)))), nil
	case "sum":
		total := new(big.Int)
		for _, n := range v[0].([]*big.Int) {
			if total.Add(total, n); !total.IsInt64() {
				return nil, errNumber
			}
		}
		return total, nil
	case "in":
		return slices.Contains(v[1].([]string), v[0].(string)), nil
	case "==":
		if a, ok := v[0].(*big.Int); ok {
			return a.Cmp(v[1].(*big.Int)) == 0, nil
		}
		return v[0] == v[1], nil
	case "<", "<=":
		if a, ok := v[0].(string); ok { // days
			return a < v[1].(string) || op == "<=" && a == v[1], nil
		}
		c := v[0].(*big.Int).Cmp(v[1].(*big.Int))
		return c < 0 || op == "<=" && c == 0, nil
	}
	a, b := v[0].(*big.Int), v[1].(*big.Int)
	out := new(big.Int)
	switch op {
	case "+":
		return fits(out.Add(a, b))
	case "-":
		return fits(out.Sub(a, b))
	case "*":
		return fits(out.Mul(a, b))
	case "/", "%":
		if b.Sign() == 0 {
			return nil, errNumber
		}
		if op == "/" {
			return fits(out.Quo(a, b))
		}
		if _, err := fits(out.Quo(a, b)); err != nil {
			return nil, err
		}
		return out.Rem(a, b), nil
	case "begun":
		if b.Sign() <= 0 {
			return nil, errNumber
		}
		if a.Sign() <= 0 {
			return out, nil
		}
		return out.Add(out.Quo(out.Sub(a, big.NewInt(1)), b), big.NewInt(1)), nil
	}
	return nil, errors.New("no operation " + op)
}
