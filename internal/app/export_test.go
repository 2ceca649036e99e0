package app

import (
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"portico/internal/platform/web"
)

// Routes are all that the portal of an instance declares, demo or not.
func Routes(t testing.TB, dir string, demo bool) []web.Route {
	t.Helper()
	base := t.TempDir()
	p, err := build(t.Context(), Options{
		Store: Store{Data: filepath.Join(base, "data"), Keys: filepath.Join(base, "keys"), Demo: demo},
		Dir:   dir, Out: io.Discard, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	routes := p.router.Routes()
	if p.catcher != nil {
		err = p.catcher.Close()
	}
	if e := p.db.Close(); e != nil || err != nil {
		t.Fatal(err, e)
	}
	return routes
}
