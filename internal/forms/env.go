package forms

import (
	"cel.dev/cel-go/cel"

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
		return cel.ListType(cel.ObjectType(rowType + rule.Variable(f.Key)))
	}
	return cel.StringType
}

// ruled is what rules know of a field.
func (f Field) ruled() rule.Part {
	p := rule.Part{Type: f.celType(), Chars: f.Max, Entries: max(f.Rows.Max, 1)}
	if f.Kind == Choice || f.Kind == Choices {
		p.Chars = 40
	}
	return p
}

// shape says what rules read.
func (f *Form) shape() rule.Shape {
	text := rule.Part{Type: cel.StringType, Blank: true}
	all := rule.Shape{
		object:      {},
		addressType: {"lines": text, "place": text, "postal_code": text},
		partyType:   {"as": text, "company": text, "name": text},
		fileType:    {"name": text, "type": text, "size": {Type: cel.IntType}},
	}
	for _, field := range f.fields {
		if field.Kind == Info {
			continue
		}
		all[object][rule.Variable(field.Key)] = field.ruled()
		if field.Kind == Group {
			parts := map[string]rule.Part{}
			for _, p := range field.Parts {
				part := p.ruled()
				part.Maybe = !p.always
				parts[rule.Variable(p.Key)] = part
			}
			all[rowType+rule.Variable(field.Key)] = parts
		}
	}
	return all
}
