package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

const maxCost = 10000 // CEL cost units of one rule

// Rule is one compiled expression. It never changes and is safe for
// concurrent use.
type Rule struct {
	Reads []string // keys of the answers that it needs: those it does not ask has() of
	Asks  []string // keys that it reads in any way
	Needs []string // parts of its own row that it needs
	Sees  []string // parts of its own row that it reads in any way
	Looks []string // parts of any row that it reads, as TYPE.PART

	program cel.Program
}

// Compile checks the type of an expression and bounds its cost, for a rule
// that is evaluated so many times.
func (e *Environment) Compile(expression string, want *cel.Type, times int) (*Rule, error) {
	checked, issues := e.cel.Compile(expression)
	if err := issues.Err(); err != nil {
		message, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "ERROR: <input>:"), "\n")
		return nil, errors.New(message)
	}
	if !checked.OutputType().IsExactType(want) {
		return nil, fmt.Errorf("the result is %s and must be %s", checked.OutputType(), want)
	}
	r := &Rule{}
	if err := e.reads(r, checked.NativeRep()); err != nil {
		return nil, err
	}
	estimate, err := e.cel.EstimateCost(checked, sizes{e})
	if err != nil {
		return nil, err
	}
	if most := uint64(maxCost / times); estimate.Max > most { //nolint:gosec // never negative
		return nil, fmt.Errorf("it may cost %d and the most is %d: make it simpler, or the longest answers and the most rows fewer", estimate.Max, most)
	}
	r.program, err = e.cel.Program(checked, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	return r, err
}

// Run evaluates the rule over what its variables stand for.
func (r *Rule) Run(vars map[string]any) (ref.Val, error) {
	v, _, err := r.program.Eval(vars)
	return v, err
}

// reads notes what an expression reads. Answers, and the parts of its own row,
// are read one by one, and a part of another row that may be empty only after
// has().
func (e *Environment) reads(r *Rule, tree *ast.AST) (err error) {
	guarded := map[string]map[string]bool{Object: {}, Row: {}}
	keys := map[string]*[]string{Object: &r.Asks}
	if e.row != "" {
		keys[Row] = &r.Sees
	}
	read, asked := map[string]bool{}, map[string]bool{}
	mentions, selects := 0, 0
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		switch x.Kind() {
		case ast.IdentKind:
			if keys[x.AsIdent()] != nil {
				mentions++
			}
		case ast.StructKind:
			err = errors.New("rules read answers and make none")
		case ast.ComprehensionKind:
			if name := x.AsComprehension().IterVar(); keys[name] != nil {
				err = fmt.Errorf("what stands in a list cannot be called %s", name)
			}
		case ast.SelectKind:
			s := x.AsSelect()
			place, name := tree.GetType(s.Operand().ID()).TypeName()+"."+s.FieldName(), ""
			if s.Operand().Kind() == ast.IdentKind {
				name = s.Operand().AsIdent()
			}
			r.Looks = append(r.Looks, place)
			if keys[name] == nil {
				read[place] = read[place] || e.maybe(place)
				asked[place] = asked[place] || s.IsTestOnly()
				return
			}
			selects++
			key := Key(s.FieldName())
			*keys[name] = append(*keys[name], key)
			guarded[name][key] = guarded[name][key] || s.IsTestOnly()
		}
	}))
	if mentions > selects && err == nil {
		err = errors.New("answers can only be read one by one, as in answers.name")
	}
	for place, maybe := range read {
		if _, part, _ := strings.Cut(place, "."); maybe && !asked[place] {
			err = fmt.Errorf("%s may be unanswered in a row: ask has() of it first", part)
		}
	}
	for name, list := range map[string][2]*[]string{Object: {&r.Asks, &r.Reads}, Row: {&r.Sees, &r.Needs}} {
		slices.Sort(*list[0])
		*list[0] = slices.Compact(*list[0])
		*list[1] = slices.DeleteFunc(slices.Clone(*list[0]), func(key string) bool { return guarded[name][key] })
	}
	return err
}

// maybe reports whether a part, written TYPE.PART, may be missing.
func (e *Environment) maybe(place string) bool {
	name, part, _ := strings.Cut(place, ".")
	return e.shape[name][part].Maybe
}

// sizes bounds what a rule can meet, for the estimate of its cost: the longest
// answers and the most rows.
type sizes struct{ *Environment }

func (s sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	part, most := s.part(n.Path()), 0
	switch n.Type().Kind() {
	case types.ListKind:
		most = mostEntries
		if part.Entries > 0 {
			most = part.Entries
		}
	case types.StringKind:
		most = mostChars
		if part.Chars > 0 {
			most = part.Chars
		}
	default:
		return nil
	}
	e := cost.RangedSizeEstimate(0, uint64(most)) //nolint:gosec // never negative
	return &e
}

// part finds what a path such as answers, people, @items, name leads to.
func (s sizes) part(path []string) (part Part) {
	for i, name := range path {
		switch {
		case i == 0 && name == Row && s.row != "":
			part.Type = cel.ObjectType(s.row)
		case i == 0:
			part.Type = cel.ObjectType(name)
		case name == "@items" && part.Type.Kind() == types.ListKind:
			part.Type = part.Type.Parameters()[0]
		case part.Type != nil && part.Type.Kind() == types.StructKind:
			part = s.shape[part.Type.TypeName()][name]
		default:
			part = Part{}
		}
		if part.Type == nil {
			return Part{}
		}
	}
	return part
}

func (s sizes) EstimateCallCost(function, _ string, _ *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	if function != "sum" || len(args) != 1 {
		return nil
	}
	size := cost.EstimateSize(s, args[0])
	return cost.NewCallEstimate(cost.RangedCostEstimate(size.Min, cost.SafeAdd(size.Max, 1)), nil)
}
