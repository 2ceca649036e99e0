package arch

import (
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"portico/internal/platform/i18n"
	"portico/internal/testkit"
)

// TestEverySentenceExistsInEveryLanguageOfTheProgram reads the catalogues as
// they lie in the folders, so that one forgotten in the registry counts too.
func TestEverySentenceExistsInEveryLanguageOfTheProgram(t *testing.T) {
	project := os.DirFS(testkit.Root())
	var systems []fs.FS
	err := fs.WalkDir(project, "internal", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path.Base(name) != "locales" || strings.Contains(name, "/testdata/") {
			return err
		}
		owner, err := fs.Sub(project, path.Dir(name))
		systems = append(systems, owner)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(systems) < 30 {
		t.Fatalf("only %d catalogues were found", len(systems))
	}
	catalogue, err := i18n.Load(systems...)
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range i18n.Missing(catalogue, "en", "dv", "id") {
		t.Error(missing)
	}
}
