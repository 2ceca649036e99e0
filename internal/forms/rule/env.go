package rule

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// provider tells CEL which parts the types have, and finds them.
type provider struct {
	types.Provider
	structs map[string]map[string]*types.FieldType
}

func newProvider(base types.Provider, shape Shape) *provider {
	p := &provider{Provider: base, structs: map[string]map[string]*types.FieldType{}}
	for name, parts := range shape {
		p.structs[name] = map[string]*types.FieldType{}
		for part, is := range parts {
			p.structs[name][part] = &types.FieldType{
				Type: is.Type,
				IsSet: func(target any) bool {
					b, _ := target.(Bound)
					_, ok := b[part]
					return ok
				},
				GetFrom: func(target any) (any, error) {
					b, _ := target.(Bound)
					if v, ok := b[part]; ok {
						return v, nil
					}
					return nil, fmt.Errorf("%s is not answered", part)
				},
			}
		}
	}
	return p
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.structs[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Provider.FindStructType(name)
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	parts, ok := p.structs[name]
	if !ok {
		return p.Provider.FindStructFieldNames(name)
	}
	var names []string
	for n := range parts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, true
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	parts, ok := p.structs[name]
	if !ok {
		return p.Provider.FindStructFieldType(name, field)
	}
	f, ok := parts[field]
	return f, ok
}

// Bound is what stands in the parts of a value while rules run.
type Bound map[string]ref.Val

// Structure is a value with parts: a row, an address, a party, a file.
type Structure struct {
	typ   *types.Type
	parts Bound
}

// ConvertToNative hands out nothing: rules return no such value.
func (s Structure) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s is no %s", s.typ.TypeName(), t)
}

// ConvertToType knows the value's own type only.
func (s Structure) ConvertToType(t ref.Type) ref.Val {
	if t.TypeName() == s.typ.TypeName() {
		return s
	}
	return types.NewErr("%s is no %s", s.typ.TypeName(), t.TypeName())
}

// Equal compares part by part.
func (s Structure) Equal(other ref.Val) ref.Val {
	o, ok := other.(Structure)
	if !ok || o.typ.TypeName() != s.typ.TypeName() || len(o.parts) != len(s.parts) {
		return types.False
	}
	for name, v := range s.parts {
		if w, ok := o.parts[name]; !ok || v.Equal(w) != types.True {
			return types.False
		}
	}
	return types.True
}

// Type is the declared type.
func (s Structure) Type() ref.Type { return s.typ }

// Value is what the provider looks into.
func (s Structure) Value() any { return s.parts }

// Environment is what rules may say, over values of this shape.
type Environment struct {
	cel   *cel.Env
	shape Shape
	row   string // the type of the row that rules are about, if they are about one
}

// New makes the environment of rules that read answers of a shape.
func New(shape Shape) (*Environment, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	one := func(name, id string, in, out *cel.Type, do func(ref.Val) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.Overload(id, []*cel.Type{in}, out, cel.UnaryBinding(do)))
	}
	env, err := cel.NewCustomEnv(
		cel.CustomTypeAdapter(registry),
		cel.CustomTypeProvider(newProvider(registry, shape)),
		cel.StdLib(),
		cel.ClearMacros(),
		cel.Macros(cel.HasMacro, cel.AllMacro, cel.ExistsMacro, cel.ExistsOneMacro, cel.MapMacro, cel.MapFilterMacro, cel.FilterMacro),
		cel.ParserExpressionSizeLimit(2000),
		cel.ParserRecursionLimit(40),
		cel.DefaultUTCTimeZone(true),
		cel.Variable(Object, cel.ObjectType(Object)),
		cel.Variable("now", cel.TimestampType),
		cel.Variable("today", cel.TimestampType),
		cel.Variable("variant", cel.StringType),
		cel.Function("begun", cel.Overload("begun_int_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType, cel.BinaryBinding(begun))),
		one("hours", "hours_int", cel.IntType, cel.DurationType, durations(time.Hour)),
		one("days", "days_int", cel.IntType, cel.DurationType, durations(24*time.Hour)),
		one("round", "round_double", cel.DoubleType, cel.IntType, round),
		one("sum", "sum_int", cel.ListType(cel.IntType), cel.IntType, sum(types.Int(0))),
		one("sum", "sum_double", cel.ListType(cel.DoubleType), cel.DoubleType, sum(types.Double(0))),
	)
	return &Environment{cel: env, shape: shape}, err
}

// Of is the environment of rules about each row of this type: Row is their
// own.
func (e *Environment) Of(row string) (*Environment, error) {
	env, err := e.cel.Extend(cel.Variable(Row, cel.ObjectType(row)))
	return &Environment{env, e.shape, row}, err
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

// round makes a whole number, halves away from zero. A number that was typed
// with decimals is not quite what it says: 0.29 * 100.0 is rounded to 29.
func round(v ref.Val) ref.Val {
	d, ok := v.(types.Double)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	n := math.Round(float64(d))
	if math.IsNaN(n) || math.Abs(n) >= 1<<62 {
		return types.NewErr("round: the number is too large")
	}
	return types.Int(n)
}

// sum adds what is in a list, and errs where it overflows.
func sum(zero ref.Val) func(ref.Val) ref.Val {
	return func(v ref.Val) ref.Val {
		list, ok := v.(interface {
			Get(ref.Val) ref.Val
			Size() ref.Val
		})
		if !ok {
			return types.MaybeNoSuchOverloadErr(v)
		}
		total := zero
		n, _ := list.Size().(types.Int)
		for i := types.Int(0); i < n; i++ {
			adder, ok := total.(interface{ Add(ref.Val) ref.Val })
			if !ok { // an error, such as an overflow
				return total
			}
			total = adder.Add(list.Get(i))
		}
		return total
	}
}
