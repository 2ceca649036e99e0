// Package deferraltest has an instance on which uses may be shown later: no
// instance of ours declares that a law lets them be.
package deferraltest

import (
	"embed"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/testkit"
)

//go:embed inquiry
var inquiry embed.FS

// Instance is a copy of onegov, which a test may change, with the ground
// criminal-inquiry: a role inquirer asks for it, the privacy officer allows it.
func Instance(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "onegov")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testkit.Root(), "instances", "onegov"))); err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		b, err := inquiry.ReadFile("inquiry/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, put := range []struct{ file, before, text string }{
		{"data.yaml", "  - id: finance-officer\n", part("role.yaml")},
		{"purposes.yaml", "  - id: research\n", part("purpose.yaml")},
		{"purposes.yaml", "  - id: rights-package\n", part("activity.yaml")},
		{"recipients.yaml", "answer-inquiries, research, run-portal", "inquiry, "},
		{"promises.yaml", "  - id: monitoring\n", part("promise.yaml")},
		{"text/en.md", "{rights}\n", part("en.md")},
		{"text/dv.md", "{rights}\n", part("dv.md")},
	} {
		name := filepath.Join(dir, "policy", put.file)
		b, err := os.ReadFile(name)
		if err != nil || strings.Count(string(b), put.before) != 1 {
			t.Fatalf("%s does not hold %q once (%v)", name, put.before, err)
		}
		if err := os.WriteFile(name, []byte(strings.Replace(string(b), put.before, put.text+put.before, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "policy", "deferrals.yaml"), []byte(part("deferrals.yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
