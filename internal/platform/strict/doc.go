// Package strict reads YAML that people declare things in, and answers with
// every mistake at once, each with its line.
//
// It promises:
//   - A key that the Go type does not know, a key twice, a value of another
//     type, and a key without value where one is required, are problems.
//   - Anchors, aliases, tags, merge keys, directives and second documents are
//     refused: what stands in the file is what is meant, and nothing grows.
//   - Size, number of tokens and depth are bounded before anything recurses;
//     text is valid UTF-8 without control characters or direction overrides,
//     in escapes as well.
//   - It never panics and never returns half a value without a problem.
//   - Schema derives the JSON Schema of a type from the same tags that Decode
//     obeys, so that the two cannot drift.
//
// A field is `yaml:"key"`; with `,omitempty`, `portico:"optional"`, or as a pointer or a bool, it
// may be left out, otherwise it is required. `yaml:"-"` fields are left alone, embedded
// structs are read as part of their parent, `any` takes whatever stands there
// (map[string]any, []any, string, bool, int64, float64). A type with
// UnmarshalText is read from a string, one with Values has an enumeration and
// one with Pattern a form; `doc:"…"` becomes the description in the schema.
//
// Places inside a document are paths: keys and indices joined by "/", such as
// "fields/3/category". Where a list's items have an "id", the id serves
// instead of the index: "fields/person.name/category".
package strict
