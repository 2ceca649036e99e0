package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	fileMax    = 700
	packageMax = 3000
)

// A rule returns what is against it, a line each.
type rule func([]*file) []string

// rules are the rules of the house for Go files.
var rules = map[string]rule{
	"imports": imports,
	"time":    times,
	"http":    web,
	"sql":     sql,
	"tables":  tables,
	"tests":   skips,
	"notes":   notes,
	"init":    inits,
	"global":  globals,
	"size":    sizes,
	"doc":     docs,
}

// selectors calls look for each use of NAME.SELECTOR in a file.
func selectors(f *file, look func(n ast.Node, name, selector string)) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				look(n, x.Name, s.Sel.Name)
			}
		}
		return true
	})
}

// times: only the clock tells the time.
func times(files []*file) (out []string) {
	for _, f := range files {
		if f.aid() || exceptions["time"][f.path] != "" {
			continue
		}
		selectors(f, func(n ast.Node, name, selector string) {
			if name == "time" && (selector == "Now" || selector == "Since" || selector == "Until") {
				out = append(out, f.at(n)+": time."+selector+": take a clock.Clock")
			}
		})
	}
	return out
}

// web: HTTP at the edges only, no client that goes anywhere, no address that
// templ is told not to check.
func web(files []*file) (out []string) {
	for _, f := range files {
		base := path.Base(f.path)
		edge := f.aid() || strings.HasPrefix(base, "web") || strings.HasPrefix(base, "client") ||
			strings.HasPrefix(f.path, "cmd/") || slices.Contains([]string{"internal/platform/web", "internal/app", "internal/demo"}, f.dir())
		for _, spec := range f.ast.Imports {
			if spec.Path.Value == `"net/http"` && !edge {
				out = append(out, f.at(spec)+": net/http outside web*.go, client*.go and the web packages")
			}
		}
		if f.generated() {
			continue
		}
		selectors(f, func(n ast.Node, name, selector string) {
			switch name + "." + selector {
			case "http.DefaultClient", "http.DefaultTransport", "http.DefaultServeMux", "http.Get", "http.Post", "http.PostForm", "http.Head",
				"templ.SafeURL", "templ.Raw":
				out = append(out, f.at(n)+": "+name+"."+selector)
			}
		})
	}
	return out
}

// texts calls look for each string of a file.
func texts(f *file, look func(n ast.Node, text string)) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if s, err := strconv.Unquote(l.Value); err == nil {
				look(n, s)
			}
		}
		return true
	})
}

var everything = regexp.MustCompile(`(?i)\bselect\s+(\w+\.)?\*`)

// sql: in stores only, with its columns named.
func sql(files []*file) (out []string) {
	for _, f := range files {
		if f.aid() {
			continue
		}
		for _, spec := range f.ast.Imports {
			if spec.Path.Value == `"database/sql"` && f.dir() != "internal/platform/db" && !strings.HasPrefix(path.Base(f.path), "store") {
				out = append(out, f.at(spec)+": database/sql outside store*.go")
			}
		}
		texts(f, func(n ast.Node, s string) {
			if everything.MatchString(s) {
				out = append(out, f.at(n)+": a query that does not name its columns")
			}
		})
	}
	return out
}

var written = regexp.MustCompile(`(?i)\b(?:insert\s+into|update|delete\s+from)\s+([a-z0-9]+)_[a-z_]+`)

// tables: a package writes its own tables only, and in its store.
func tables(files []*file) (out []string) {
	for _, f := range files {
		if f.aid() {
			continue
		}
		texts(f, func(n ast.Node, s string) {
			for _, m := range written.FindAllStringSubmatch(s, -1) {
				if m[1] != path.Base(f.dir()) {
					out = append(out, f.at(n)+": writes a table of package "+m[1])
				} else if !strings.HasPrefix(path.Base(f.path), "store") {
					out = append(out, f.at(n)+": SQL outside store*.go")
				}
			}
		})
	}
	return out
}

// skips: a test that is skipped looks like one that passed.
func skips(files []*file) (out []string) {
	for _, f := range files {
		selectors(f, func(n ast.Node, name, selector string) {
			if (name == "t" || name == "b" || name == "f" || name == "tb") && strings.HasPrefix(selector, "Skip") {
				out = append(out, f.at(n)+": a test that skips")
			}
		})
	}
	return out
}

var note = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

// notes: what is left to do is an issue, not a comment.
func notes(files []*file) (out []string) {
	for _, f := range files {
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				if note.MatchString(c.Text) {
					out = append(out, f.at(c)+": something is left to do")
				}
			}
		}
	}
	return out
}

// inits: nothing happens because a package is imported.
func inits(files []*file) (out []string) {
	for _, f := range files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, f.at(fn)+": func init")
			}
		}
	}
	return out
}

// globals: package variables are tables that are never written. One without a
// value (other than an embed), of a kind made for changing, or assigned to
// anywhere in its package, is state.
func globals(files []*file) (out []string) {
	state := map[string]ast.Node{} // package.name
	where := map[string]*file{}
	for _, f := range files {
		if f.aid() || f.generated() {
			continue
		}
		for _, d := range f.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for _, name := range v.Names {
					where[f.dir()+"."+name.Name] = f
					if len(v.Values) == 0 && !embedded(g, v) {
						state[f.dir()+"."+name.Name] = name
					}
				}
			}
		}
	}
	for _, f := range files {
		assigned(f, func(name *ast.Ident) {
			key := f.dir() + "." + name.Name
			if declared := where[key]; declared != nil && !local(name, declared) {
				state[key] = name
				where[key] = f
			}
		})
	}
	for key, n := range state {
		if !strings.HasSuffix(key, "._") && exceptions["global"][key] == "" {
			out = append(out, where[key].at(n)+": "+key+" is state shared by the whole program")
		}
	}
	return out
}

func embedded(g *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{g.Doc, v.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") }) {
			return true
		}
	}
	return false
}

// local reports whether a name that is assigned to is something else than the
// package's variable of that name.
func local(name *ast.Ident, declared *file) bool {
	here, there := name.Obj, declared.ast.Scope.Lookup(name.Name)
	return here != nil && here != there
}

// assigned calls look for the variable at the root of everything written to.
func assigned(f *file, look func(*ast.Ident)) {
	root := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			case *ast.Ident:
				look(x)
				return
			default:
				return
			}
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				for _, e := range s.Lhs {
					root(e)
				}
			}
		case *ast.IncDecStmt:
			root(s.X)
		}
		return true
	})
}

// sizes: a file is read in one sitting, a package by one person.
func sizes(files []*file) (out []string) {
	total := map[string]int{}
	for _, f := range files {
		if f.generated() {
			continue
		}
		if f.lines > fileMax {
			out = append(out, fmt.Sprintf("%s: %d lines, %d are allowed", f.path, f.lines, fileMax))
		}
		if !strings.HasSuffix(f.path, "_test.go") {
			total[f.dir()] += f.lines
		}
	}
	for dir, lines := range total {
		if lines > packageMax {
			out = append(out, fmt.Sprintf("%s: %d lines, %d are allowed", dir, lines, packageMax))
		}
	}
	return out
}

// docs: each package says what it promises.
func docs(files []*file) (out []string) {
	said := map[string]bool{}
	for _, f := range files {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		doc := f.ast.Doc.Text()
		said[f.dir()] = said[f.dir()] || strings.HasPrefix(doc, "Package "+f.ast.Name.Name+" ") || strings.HasPrefix(doc, "Command ")
	}
	for _, dir := range slices.Sorted(maps.Keys(said)) {
		if !said[dir] {
			out = append(out, dir+": no comment says what the package promises")
		}
	}
	return out
}

var (
	inTemplate = regexp.MustCompile(`templ\.(SafeURL|Raw|JSONScript|SafeScript|ComponentScript)\b|\sstyle=|\son[a-z]+=|<script>|<style|@templ\.Raw`)
	created    = regexp.MustCompile(`(?i)\b(?:create\s+table|alter\s+table|create\s+trigger)\s+(?:if\s+not\s+exists\s+)?([a-z0-9]+)_?`)
	version    = regexp.MustCompile(`^\d{14}_[a-z0-9_]+\.sql$`)
)

// others finds breaches in what is no Go: templates and migrations.
func others(project fs.FS) (out []string, err error) {
	versions := map[string]string{}
	err = fs.WalkDir(project, "internal", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "/testdata/") {
			return err
		}
		ext := path.Ext(name)
		migration := ext == ".sql" && path.Base(path.Dir(name)) == "migrations"
		if ext != ".templ" && !migration {
			return nil
		}
		b, err := fs.ReadFile(project, name)
		if err != nil {
			return err
		}
		if ext == ".templ" {
			for i, line := range strings.Split(string(b), "\n") {
				if m := inTemplate.FindString(line); m != "" {
					out = append(out, fmt.Sprintf("%s:%d: %s", name, i+1, strings.TrimSpace(m)))
				}
			}
			return nil
		}
		pkg := path.Base(path.Dir(path.Dir(name)))
		number, _, _ := strings.Cut(path.Base(name), "_")
		if !version.MatchString(path.Base(name)) {
			out = append(out, name+": a migration is named YYYYMMDDHHMMSS_what.sql")
		}
		if other := versions[number]; other != "" {
			out = append(out, name+": has the number of "+other)
		}
		versions[number] = name
		for _, m := range created.FindAllStringSubmatch(string(b), -1) {
			if m[1] != pkg {
				out = append(out, name+": touches a table of package "+m[1])
			}
		}
		return nil
	})
	return out, err
}
