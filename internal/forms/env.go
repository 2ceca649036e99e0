package forms

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"

	"portico/internal/forms/rule"
)

// The names of types in rules.
const (
	object      = rule.Object
	addressType = "address"
	partyType   = "party"
	fileType    = "file"
	rowType     = "row_" // and the key of the group
)

// variable is how rules write a key.
func variable(key string) string { return strings.ReplaceAll(key, "-", "_") }

// celType is the type of a field's answers in rules.
func (f Field) celType() *cel.Type {
	switch f.Kind {
	case Integer, Money:
		return cel.IntType
	case Number:
		return cel.DoubleType
	case YesNo, Warranty:
		return cel.BoolType
	case Date, DateTime:
		return cel.TimestampType
	case Time:
		return cel.DurationType
	case Choices:
		return cel.ListType(cel.StringType)
	case Files:
		return cel.ListType(cel.ObjectType(fileType))
	case Address:
		return cel.ObjectType(addressType)
	case Party:
		return cel.ObjectType(partyType)
	case Group:
		return cel.ListType(cel.ObjectType(rowType + variable(f.Key)))
	}
	return cel.StringType
}

// structs lists the types of rules that have parts.
func (f *Form) structs() map[string]map[string]*cel.Type {
	all := map[string]map[string]*cel.Type{
		object:      {},
		addressType: {"lines": cel.StringType, "place": cel.StringType, "postal_code": cel.StringType},
		partyType:   {"as": cel.StringType, "company": cel.StringType, "name": cel.StringType},
		fileType:    {"name": cel.StringType, "type": cel.StringType, "size": cel.IntType},
	}
	for _, field := range f.fields {
		if field.Kind == Info {
			continue
		}
		all[object][variable(field.Key)] = field.celType()
		if field.Kind == Group {
			parts := map[string]*cel.Type{}
			for _, p := range field.Parts {
				parts[variable(p.Key)] = p.celType()
			}
			all[rowType+variable(field.Key)] = parts
		}
	}
	return all
}

// sizes bounds what a rule can meet, for the estimate of its cost: the longest
// answers and the most rows.
type sizes struct{ form *Form }

func (s sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	most := uint64(MaxText)
	switch n.Type().Kind() {
	case types.ListKind:
		most = MaxRows
	case types.StringKind:
	default:
		return nil
	}
	if f, ok := s.field(n.Path()); ok {
		switch {
		case n.Type().Kind() == types.ListKind:
			most = uint64(max(f.Rows.Max, 1)) //nolint:gosec // never negative
		case f.Kind == Choice || f.Kind == Choices:
			most = 40
		case f.Max > 0:
			most = uint64(f.Max)
		}
	}
	e := cost.RangedSizeEstimate(0, most)
	return &e
}

// field finds what a path such as answers, people, @items, name leads to.
func (s sizes) field(path []string) (Field, bool) {
	if len(path) < 2 || path[0] != object {
		return Field{}, false
	}
	at := func(list []Field, name string) (Field, bool) {
		i := slices.IndexFunc(list, func(f Field) bool { return variable(f.Key) == name })
		if i < 0 {
			return Field{}, false
		}
		return list[i], true
	}
	f, ok := at(s.form.fields, path[1])
	if ok && f.Kind == Group && len(path) == 4 {
		return at(f.Parts, path[3])
	}
	return f, ok && (len(path) == 2 || f.Kind == Choices)
}

func (s sizes) EstimateCallCost(function, _ string, _ *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	if function != "sum" || len(args) != 1 {
		return nil
	}
	size := cost.EstimateSize(s, args[0])
	return cost.NewCallEstimate(cost.RangedCostEstimate(size.Min, cost.SafeAdd(size.Max, 1)), nil)
}
