package arch

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/testkit"
)

// TestTheProjectKeepsTheRulesOfTheHouse is the linter that `make lint` runs.
func TestTheProjectKeepsTheRulesOfTheHouse(t *testing.T) {
	project := os.DirFS(testkit.Root())
	files, err := load(project)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		t.Run(name, func(t *testing.T) {
			for _, breach := range rules[name](files) {
				t.Error(breach)
			}
		})
	}
	t.Run("templates and migrations", func(t *testing.T) {
		breaches, err := others(project)
		if err != nil {
			t.Fatal(err)
		}
		for _, breach := range breaches {
			t.Error(breach)
		}
	})
}

func TestImportsGoDownTheListOrSayWhy(t *testing.T) {
	for _, rows := range [][]row{features, platform} {
		for _, fault := range downwards(rows) {
			t.Error(fault)
		}
	}
	up := []row{{"a", nil, nil}, {"b", []string{"a"}, nil}}
	if len(downwards(up)) != 1 {
		t.Error("a row that points up the list is not found")
	}
	up[1].why = map[string]string{"a": "because"}
	if len(downwards(up)) != 0 {
		t.Error("a row with a reason is refused")
	}
	if len(downwards([]row{{"a", []string{"z"}, nil}})) != 1 {
		t.Error("a row that points to nothing is not found")
	}
}

// TestEachRuleFindsItsBreach shows every rule something that breaks it, and
// something like it that does not.
func TestEachRuleFindsItsBreach(t *testing.T) {
	const ok = "nothing wrong"
	for _, c := range []struct{ rule, path, src, want string }{
		{"imports", "internal/policy/a.go", `import "portico/internal/vault"`, "policy may not import"},
		{"imports", "internal/platform/db/a.go", `import "portico/internal/policy"`, "platform/db may not import"},
		{"imports", "internal/platform/db/a.go", `import "portico/internal/platform/web"`, "platform/db may not import"},
		{"imports", "internal/vault/a.go", `import "portico/internal/testkit"`, "vault may not import"},
		{"imports", "cmd/portico/a.go", `import "portico/internal/testkit"`, "cmd/portico may not import"},
		{"imports", "internal/nobody/a.go", `import "portico/internal/policy"`, "nobody may not import"},
		{"imports", "internal/policy/a.go", `import "github.com/jackc/pgx/v5"`, "policy may not use"},
		{"imports", "internal/policy/a.go", `import "example.org/unheard/of"`, "policy may not use"},
		{"imports", "internal/vault/a.go", `import "portico/internal/policy"`, ok},
		{"imports", "internal/vault/a.go", `import "portico/internal/platform/web"`, ok},
		{"imports", "internal/cases/a.go", `import "portico/internal/cases/pages"`, ok},
		{"imports", "internal/cases/pages/a.go", `import "portico/internal/forms"`, ok},
		{"imports", "internal/policy/a_test.go", `import "portico/internal/testkit"`, ok},
		{"imports", "internal/platform/db/a.go", `import "github.com/jackc/pgx/v5/stdlib"`, ok},

		{"time", "internal/vault/a.go", `import "time"; func f() { _ = time.Now() }`, "take a clock.Clock"},
		{"time", "internal/vault/a.go", `import "time"; func f(t time.Time) { _ = time.Since(t) }`, "take a clock.Clock"},
		{"time", "internal/vault/a.go", `import "time"; func f() { _ = time.Now }`, "take a clock.Clock"},
		{"time", "internal/platform/clock/clock.go", `import "time"; func f() { _ = time.Now() }`, ok},
		{"time", "internal/vault/a.go", `import "time"; const d = time.Second`, ok},

		{"http", "internal/vault/service.go", `import "net/http"`, "net/http outside"},
		{"http", "internal/vault/web.go", `import "net/http"; var c = http.DefaultClient`, "http.DefaultClient"},
		{"http", "internal/vault/client.go", `import "net/http"; func f() { http.Get("x") }`, "http.Get"},
		{"http", "internal/vault/web.go", `import "github.com/a-h/templ"; var u = templ.SafeURL("x")`, "templ.SafeURL"},
		{"http", "internal/vault/web_staff.go", `import "net/http"`, ok},
		{"http", "internal/vault/pages/pages_templ.go", `import "github.com/a-h/templ"; var u templ.SafeURL`, ok},

		{"sql", "internal/vault/service.go", `import "database/sql"`, "database/sql outside"},
		{"sql", "internal/vault/store.go", "const q = `SELECT\n * FROM vault_gate`", "name its columns"},
		{"sql", "internal/vault/store.go", "const q = `select g.* FROM vault_gate g`", "name its columns"},
		{"sql", "internal/vault/store.go", "const q = `SELECT COUNT(*) FROM vault_gate`", ok},
		{"sql", "internal/vault/store_gate.go", `import "database/sql"`, ok},

		{"tables", "internal/cases/store.go", "const q = `INSERT INTO vault_gate (n) VALUES (1)`", "table of package vault"},
		{"tables", "internal/cases/store.go", "const q = `update audit_event SET n = 1`", "table of package audit"},
		{"tables", "internal/cases/store.go", "const q = `DELETE\n\tFROM keys_epoch`", "table of package keys"},
		{"tables", "internal/cases/service.go", "const q = `DELETE FROM cases_case`", "SQL outside"},
		{"tables", "internal/cases/store.go", "const q = `UPDATE cases_case SET state = $1`", ok},
		{"tables", "internal/cases/store.go", "const q = `SELECT n FROM vault_gate`", ok},
		{"tables", "internal/cases/a_test.go", "const q = `DELETE FROM audit_event`", ok},

		{"tests", "internal/cases/a_test.go", `import "testing"; func TestX(t *testing.T) { t.Skip() }`, "skips"},
		{"tests", "internal/cases/a_test.go", `import "testing"; func TestX(tb testing.TB) { tb.Skipf("x") }`, "skips"},
		{"notes", "internal/cases/a.go", "// TO" + "DO: everything", "left to do"},
		{"notes", "internal/cases/a.go", "var a = 1 // FIX" + "ME", "left to do"},
		{"notes", "internal/cases/a.go", `const s = "TO` + `DO"`, ok},
		{"init", "internal/cases/a.go", `func init() {}`, "func init"},
		{"init", "internal/cases/a.go", `type a struct{}; func (a) init() {}`, ok},

		{"global", "internal/cases/a.go", `var n int`, "state shared"},
		{"global", "internal/cases/a.go", `import "sync"; var m sync.Map`, "state shared"},
		{"global", "internal/cases/a.go", `var n = 0; func f() { n++ }`, "state shared"},
		{"global", "internal/cases/a.go", `var m = map[string]int{}; func f() { m["x"] = 1 }`, "state shared"},
		{"global", "internal/cases/a.go", `var s = struct{ n int }{}; func f() { s.n = 1 }`, "state shared"},
		{"global", "internal/cases/a.go", `var n = 0; func f() { n := 1; n++ }`, ok},
		{"global", "internal/cases/a.go", `var m = map[string]int{"x": 1}`, ok},
		{"global", "internal/cases/a.go", "import \"embed\"\n//go:embed x\nvar files embed.FS", ok},

		{"size", "internal/cases/a.go", strings.Repeat("\n", 700), "700 are allowed"},
		{"size", "internal/cases/a.go", strings.Repeat("\n", 600), ok},
		{"doc", "internal/cases/a.go", `var a = 1`, "what the package promises"},
	} {
		name := c.rule + "/" + strings.ReplaceAll(c.src[:min(len(c.src), 60)], "\n", " ")
		t.Run(name, func(t *testing.T) {
			f, err := parse(c.path, []byte("package a\n"+strings.ReplaceAll(c.src, "; ", "\n")+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(rules[c.rule]([]*file{f}), "\n")
			if c.want == ok && got != "" || c.want != ok && !strings.Contains(got, c.want) {
				t.Errorf("the rule says %q, not %q", got, c.want)
			}
		})
	}
}

func TestAssignmentFromAnotherFileIsState(t *testing.T) {
	var files []*file
	for name, src := range map[string]string{"a.go": "var n = 0", "b.go": "func f() { n = 1 }"} {
		f, err := parse("internal/cases/"+name, []byte("package cases\n"+src+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if got := globals(files); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

func TestAPackageOfManyLinesIsFound(t *testing.T) {
	var files []*file
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		files = append(files, &file{path: "internal/cases/" + name + ".go", lines: 650})
	}
	if got := sizes(files); len(got) != 1 || !strings.Contains(got[0], "3250 lines") {
		t.Errorf("found %q", got)
	}
}

func TestEachRuleForOtherFilesFindsItsBreach(t *testing.T) {
	for what, c := range map[string]struct{ path, text, want string }{
		"an unchecked address":       {"internal/a/pages/p.templ", "<a href={ templ.SafeURL(x) }>", "templ.SafeURL"},
		"a style in the page":        {"internal/a/pages/p.templ", `<p style="color: red">`, "style="},
		"a script in the page":       {"internal/a/pages/p.templ", `<p onclick="x()">`, "onclick="},
		"a script element":           {"internal/a/pages/p.templ", `<script>x()</script>`, "<script>"},
		"another's table":            {"internal/cases/migrations/20261122000000_a.sql", "CREATE TABLE vault_x (id TEXT);", "table of package vault"},
		"another's table, later":     {"internal/cases/migrations/20261122000000_a.sql", "alter table vault_x ADD y TEXT;", "table of package vault"},
		"a migration without number": {"internal/cases/migrations/1_a.sql", "CREATE TABLE cases_x (id TEXT);", "is named"},
	} {
		got, err := others(fstest.MapFS{c.path: {Data: []byte(c.text)}})
		if err != nil || len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	same := fstest.MapFS{
		"internal/a/migrations/20261122000000_a.sql": {Data: []byte("CREATE TABLE a_x (id TEXT);")},
		"internal/b/migrations/20261122000000_b.sql": {Data: []byte("CREATE TABLE b_x (id TEXT);")},
	}
	if got, err := others(same); err != nil || len(got) != 1 {
		t.Errorf("two migrations with one number: %q, %v", got, err)
	}
	fine := fstest.MapFS{
		"internal/a/pages/p.templ":                   {Data: []byte(`<script type="module" src={ x }></script>` + "\n// SafeURL is never used")},
		"internal/a/migrations/20261122000000_a.sql": {Data: []byte("CREATE TABLE a_x (id TEXT);\nCREATE INDEX a_x_id ON a_x (id);")},
	}
	if got, err := others(fine); err != nil || len(got) != 0 {
		t.Errorf("nothing is wrong: %q, %v", got, err)
	}
}
