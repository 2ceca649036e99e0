package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "portico/"

// file is a Go file of the project, parsed.
type file struct {
	path  string // from the project's folder
	lines int
	ast   *ast.File
	fset  *token.FileSet
}

func (f *file) dir() string { return path.Dir(f.path) }

// aid reports whether the file is of no program: a test, or a package for tests.
func (f *file) aid() bool {
	return strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "internal/testkit/") ||
		strings.HasSuffix(f.dir(), "test") || f.dir() == "internal/arch"
}

func (f *file) generated() bool { return strings.HasSuffix(f.path, "_templ.go") }

// at is the place of a node, for messages.
func (f *file) at(n ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(n.Pos()).Line)
}

// load parses every Go file of cmd and internal.
func load(project fs.FS) ([]*file, error) {
	var files []*file
	for _, top := range []string{"cmd", "internal"} {
		err := fs.WalkDir(project, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".go" || strings.Contains(name, "/testdata/") {
				return err
			}
			src, err := fs.ReadFile(project, name)
			if err != nil {
				return err
			}
			f, err := parse(name, src)
			files = append(files, f)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func parse(name string, src []byte) (*file, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	return &file{name, bytes.Count(src, []byte("\n")), tree, fset}, err
}

// imports finds edges that the table does not list, and rows that do not go
// down the list.
func imports(files []*file) (out []string) {
	allowed := map[string]row{}
	for _, r := range slices.Concat(features, platform) {
		allowed[r.pkg] = r
	}
	for _, f := range files {
		from := owner(f.dir(), allowed)
		for _, spec := range f.ast.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			to, ours := strings.CutPrefix(name, module)
			switch {
			case f.aid():
			case ours && !edge(f.dir(), from, to, allowed):
				out = append(out, fmt.Sprintf("%s: %s may not import %s: see internal/arch/table.go", f.at(spec), f.dir(), to))
			case !ours && strings.Contains(strings.Split(name, "/")[0], ".") && !dependency(f.dir(), name):
				out = append(out, fmt.Sprintf("%s: %s may not use %s: see internal/arch/table.go", f.at(spec), f.dir(), name))
			}
		}
	}
	return out
}

// owner is the row that a folder belongs to: its own, or that of the package
// around it (its pages).
func owner(dir string, allowed map[string]row) string {
	for name := strings.TrimPrefix(dir, "internal/"); name != "."; name = path.Dir(name) {
		if _, ok := allowed[name]; ok {
			return name
		}
	}
	return ""
}

func edge(dir, from, to string, allowed map[string]row) bool {
	to = strings.TrimPrefix(to, "internal/")
	if strings.HasPrefix(dir, "cmd/") {
		return to != "testkit" && !strings.HasSuffix(to, "test")
	}
	to = owner(to, allowed)
	switch {
	case from == "" || to == "":
		return false
	case from == to: // a package and its pages
		return true
	case strings.HasPrefix(to, "platform/") && !strings.HasPrefix(from, "platform/"):
		return true
	}
	return slices.Contains(allowed[from].imports, to)
}

func dependency(dir, name string) bool {
	for prefix, users := range dependencies {
		if name != prefix && !strings.HasPrefix(name, prefix+"/") {
			continue
		}
		for _, user := range users {
			if user == "*" || dir == user || strings.HasPrefix(dir, user+"/") {
				return true
			}
		}
	}
	return false
}

// downwards finds rows of the table that point up the list, or to nothing,
// without a reason.
func downwards(rows []row) (out []string) {
	place := map[string]int{}
	for i, r := range rows {
		place[r.pkg] = i
	}
	for i, r := range rows {
		for _, to := range r.imports {
			switch at, ok := place[to]; {
			case !ok:
				out = append(out, r.pkg+" may import "+to+", which has no row")
			case at <= i && r.why[to] == "":
				out = append(out, r.pkg+" may import "+to+", which stands above it, for no reason")
			}
		}
		for to := range r.why {
			if !slices.Contains(r.imports, to) {
				out = append(out, r.pkg+" gives a reason for "+to+", which it does not import")
			}
		}
	}
	return out
}
