package forms

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"portico/internal/platform/i18n"
)

// rules are the compiled rules of a form, each list in the order in which it
// is evaluated.
type rules struct {
	visible, required, value, wrong, fee []rule
}

// rule is one compiled expression.
type rule struct {
	id      string
	field   string
	text    i18n.Text // because, says or label
	program cel.Program
	reads   []string // keys it needs answered: those it does not ask has() of
	asks    []string // keys it reads in any way
}

// RuleError says that a rule could not be evaluated. It stops a submission.
type RuleError struct {
	Rule string
	Err  error
}

// Error names the rule only: the cause may hold a value.
func (e *RuleError) Error() string { return "rule " + e.Rule + " could not be evaluated" }

// Unwrap returns the cause.
func (e *RuleError) Unwrap() error { return e.Err }

// object is the name of the type of answers in rules.
const object = "answers"

// variable is how rules write a key.
func variable(key string) string { return strings.ReplaceAll(key, "-", "_") }

func (k Kind) celType() *cel.Type {
	switch k {
	case Integer:
		return cel.IntType
	case YesNo:
		return cel.BoolType
	case Date, DateTime:
		return cel.TimestampType
	}
	return cel.StringType
}

// provider tells CEL which fields the answers have, and finds them.
type provider struct {
	types.Provider
	fields map[string]*types.FieldType
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if name == object {
		return types.NewTypeTypeWithParam(types.NewObjectType(object)), true
	}
	return p.Provider.FindStructType(name)
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if name != object {
		return p.Provider.FindStructFieldNames(name)
	}
	var names []string
	for n := range p.fields {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, true
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name != object {
		return p.Provider.FindStructFieldType(name, field)
	}
	f, ok := p.fields[field]
	return f, ok
}

// bound is what the variable answers holds while rules run.
type bound map[string]ref.Val

// environment is what rules may say.
func (f *Form) environment() (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	p := &provider{Provider: registry, fields: map[string]*types.FieldType{}}
	for _, field := range f.fields {
		name := variable(field.Key)
		p.fields[name] = &types.FieldType{
			Type: field.Kind.celType(),
			IsSet: func(target any) bool {
				b, _ := target.(bound)
				_, ok := b[name]
				return ok
			},
			GetFrom: func(target any) (any, error) {
				b, _ := target.(bound)
				if v, ok := b[name]; ok {
					return v, nil
				}
				return nil, fmt.Errorf("%s is not answered", name)
			},
		}
	}
	return cel.NewCustomEnv(
		cel.CustomTypeAdapter(registry),
		cel.CustomTypeProvider(p),
		cel.StdLib(),
		cel.ClearMacros(),
		cel.Macros(cel.HasMacro),
		cel.ParserExpressionSizeLimit(2000),
		cel.ParserRecursionLimit(40),
		cel.DefaultUTCTimeZone(true),
		cel.Variable(object, cel.ObjectType(object)),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("today", cel.TimestampType),
		cel.Function("begun", cel.Overload("begun_int_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType, cel.BinaryBinding(begun))),
		cel.Function("hours", cel.Overload("hours_int", []*cel.Type{cel.IntType}, cel.DurationType, cel.UnaryBinding(durations(time.Hour)))),
		cel.Function("days", cel.Overload("days_int", []*cel.Type{cel.IntType}, cel.DurationType, cel.UnaryBinding(durations(24*time.Hour)))),
	)
}

// begun counts the units begun in an amount: none for nothing or less.
func begun(amount, unit ref.Val) ref.Val {
	a, okA := amount.(types.Int)
	u, okU := unit.(types.Int)
	switch {
	case !okA || !okU:
		return types.MaybeNoSuchOverloadErr(amount)
	case u <= 0:
		return types.NewErr("begun: a unit is more than nothing")
	case a <= 0:
		return types.Int(0)
	}
	return (a-1)/u + 1
}

func durations(unit time.Duration) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		n, ok := v.(types.Int)
		if !ok {
			return types.MaybeNoSuchOverloadErr(v)
		}
		if int64(n) > math.MaxInt64/int64(unit) || int64(n) < math.MinInt64/int64(unit) {
			return types.NewErr("the duration is too long")
		}
		return types.Duration{Duration: time.Duration(n) * unit}
	}
}

// sizes bounds the texts that a rule can meet, for the estimate of its cost.
type sizes struct{ max uint64 }

func (s sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if n.Type().Kind() == types.StringKind {
		e := cost.RangedSizeEstimate(0, s.max)
		return &e
	}
	return nil
}

func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// compileRules checks the rules against the fields.
func (c *compiler) compileRules(file *Rules) {
	env, err := c.form.environment()
	if err != nil {
		c.fail(rulesFile, "", "%v", err)
		return
	}
	ids := map[string]bool{}
	one := func(list string, i int, id, field, key, expression string, want *cel.Type, text i18n.Text) (rule, bool) {
		at := fmt.Sprintf("%s/%d", list, i)
		before := len(c.problems)
		if !keyForm.MatchString(id) || ids[id] {
			c.fail(rulesFile, at+"/id", "a rule has an id of its own, in small letters: %q", id)
		}
		ids[id] = true
		if _, ok := c.form.Field(field); !ok && list != "fee" {
			c.fail(rulesFile, at+"/field", "the form has no field %q", field)
		}
		r, err := c.form.compileRule(env, expression, want)
		if err != nil {
			c.fail(rulesFile, at+"/"+key, "%v", err)
		}
		r.id, r.field, r.text = id, field, text
		return r, len(c.problems) == before
	}
	all := &c.form.rules
	for i, w := range file.Visible {
		if r, ok := one("visible", i, w.ID, w.Field, "when", w.When, cel.BoolType, w.Because); ok {
			all.visible = append(all.visible, r)
		}
	}
	for i, w := range file.Required {
		if r, ok := one("required", i, w.ID, w.Field, "when", w.When, cel.BoolType, w.Because); ok {
			all.required = append(all.required, r)
		}
	}
	for i, v := range file.Value {
		field, _ := c.form.Field(v.Field)
		if r, ok := one("value", i, v.ID, v.Field, "is", v.Is, field.Kind.celType(), nil); ok {
			all.value = append(all.value, r)
		}
	}
	for i, s := range file.Error {
		if r, ok := one("error", i, s.ID, s.Field, "when", s.When, cel.BoolType, s.Says); ok {
			all.wrong = append(all.wrong, r)
		}
	}
	for i, v := range file.Fee {
		if r, ok := one("fee", i, v.ID, "", "is", v.Is, cel.IntType, v.Label); ok {
			all.fee = append(all.fee, r)
		}
	}
	if len(c.problems) == 0 {
		c.order("visible", all.visible)
		c.order("value", all.value)
		c.guards(all)
	}
}

// compileRule checks the type of an expression and bounds its cost.
func (f *Form) compileRule(env *cel.Env, expression string, want *cel.Type) (rule, error) {
	checked, issues := env.Compile(expression)
	if err := issues.Err(); err != nil {
		message, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "ERROR: <input>:"), "\n")
		return rule{}, fmt.Errorf("%s", message)
	}
	if !checked.OutputType().IsExactType(want) {
		return rule{}, fmt.Errorf("the result is %s and must be %s", checked.OutputType(), want)
	}
	var r rule
	var whole bool
	if r.reads, r.asks, whole = f.reads(checked.NativeRep().Expr()); whole {
		return rule{}, errors.New("answers can only be read one by one, as in answers.name")
	}
	estimate, err := env.EstimateCost(checked, sizes{MaxText})
	if err != nil {
		return rule{}, err
	}
	if estimate.Max > maxCost {
		return rule{}, fmt.Errorf("it may cost %d and the most is %d: make it simpler", estimate.Max, maxCost)
	}
	program, err := env.Program(checked, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return rule{}, err
	}
	r.program = program
	return r, nil
}

// reads lists the keys that an expression reads: those that it never asks
// has() of, and all. It also tells whether the answers are used as a whole.
func (f *Form) reads(e ast.Expr) (unguarded, all []string, whole bool) {
	keys := map[string]string{}
	for _, field := range f.fields {
		keys[variable(field.Key)] = field.Key
	}
	var guarded []string
	mentions, selects := 0, 0
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.IdentKind:
			if e.AsIdent() == object {
				mentions++
			}
		case ast.SelectKind:
			s := e.AsSelect()
			if s.Operand().Kind() != ast.IdentKind || s.Operand().AsIdent() != object {
				return
			}
			selects++
			key := keys[s.FieldName()]
			all = append(all, key)
			if s.IsTestOnly() {
				guarded = append(guarded, key)
			}
		}
	}))
	slices.Sort(all)
	all = slices.Compact(all)
	for _, key := range all {
		if !slices.Contains(guarded, key) {
			unguarded = append(unguarded, key)
		}
	}
	return unguarded, all, mentions > selects
}

// order sorts rules so that each comes after those whose field it reads, and
// reports a field with two rules and a circle.
func (c *compiler) order(list string, rs []rule) {
	var sorted []rule
	left := slices.Clone(rs)
	for i, r := range rs {
		if slices.ContainsFunc(rs[:i], func(o rule) bool { return o.field == r.field }) {
			c.fail(rulesFile, fmt.Sprintf("%s/%d/field", list, i), "%q has two such rules", r.field)
			return
		}
	}
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(r rule) bool {
			return !slices.ContainsFunc(left, func(o rule) bool { return slices.Contains(r.asks, o.field) })
		})
		if i < 0 {
			c.fail(rulesFile, list, "rules depend on each other in a circle, among them %q", left[0].id)
			return
		}
		sorted = append(sorted, left[i])
		left = slices.Delete(left, i, i+1)
	}
	copy(rs, sorted)
}

// guards reports rules that read what may be unanswered when they run.
func (c *compiler) guards(all *rules) {
	hides := func(key string) bool {
		return slices.ContainsFunc(all.visible, func(r rule) bool { return r.field == key })
	}
	for list, rs := range map[string][]rule{"visible": all.visible, "required": all.required, "value": all.value, "error": all.wrong, "fee": all.fee} {
		for _, r := range rs {
			for _, key := range r.asks {
				if f, _ := c.form.Field(key); f.Computed && (list == "visible" || list == "required") {
					c.fail(rulesFile, list+"/"+r.id, "%q is computed later: say the condition by what is asked", key)
				}
			}
			for _, key := range r.reads {
				if f, _ := c.form.Field(key); hides(key) || !f.Required && !f.Computed {
					c.fail(rulesFile, list+"/"+r.id, "%q may be unanswered: ask has(answers.%s) first", key, variable(key))
				}
			}
		}
	}
	for i, r := range all.value {
		if hides(r.field) {
			c.fail(rulesFile, fmt.Sprintf("value/%d/field", i), "%q is computed, so it cannot be hidden", r.field)
		}
	}
}

// moment is what all rules of one evaluation see.
type moment struct {
	vars map[string]any
}

// at binds answers and the request's time.
func (f *Form) at(answers Answers, now time.Time) (moment, error) {
	b := bound{}
	for key, text := range answers {
		v, err := f.celValue(key, text)
		if err != nil {
			return moment{}, err
		}
		b[variable(key)] = v
	}
	local := now.In(f.zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, f.zone)
	return moment{vars: map[string]any{object: b, "now": types.Timestamp{Time: now.UTC()}, "today": types.Timestamp{Time: today.UTC()}}}, nil
}

func (f *Form) celValue(key, text string) (ref.Val, error) {
	v, err := f.typed(key, text)
	if err != nil {
		return nil, err
	}
	field, _ := f.Field(key)
	switch v := v.(type) {
	case int64:
		return types.Int(v), nil
	case bool:
		return types.Bool(v), nil
	case string:
		switch field.Kind {
		case Date:
			t, err := time.ParseInLocation(time.DateOnly, v, f.zone)
			return types.Timestamp{Time: t.UTC()}, err
		case DateTime:
			t, err := time.Parse(time.RFC3339, v)
			return types.Timestamp{Time: t.UTC()}, err
		}
		return types.String(v), nil
	}
	return nil, errors.New("no such type")
}

// run evaluates one rule.
func (r *rule) run(m moment) (ref.Val, error) {
	v, _, err := r.program.Eval(m.vars)
	if err != nil {
		return nil, &RuleError{Rule: r.id, Err: err}
	}
	return v, nil
}

// holds evaluates a condition.
func (r *rule) holds(m moment) (bool, error) {
	v, err := r.run(m)
	if err != nil {
		return false, err
	}
	b, ok := v.(types.Bool)
	if !ok {
		return false, &RuleError{Rule: r.id, Err: errors.New("no yes or no")}
	}
	return bool(b), nil
}

// ready reports whether all that the rule needs is answered.
func (r *rule) ready(answers Answers) bool {
	return !slices.ContainsFunc(r.reads, func(key string) bool { _, ok := answers[key]; return !ok })
}
