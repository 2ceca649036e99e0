package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
)

// Migrate brings the schema to the newest version. Each source is a feature's
// migrations folder: files YYYYMMDDHHMMSS_what.sql for goose, of all features
// one list in the order of their names, one text for both engines. Where they
// must differ, /*sqlite: TEXT */ and /*postgres: TEXT */ hold what only one of
// them reads. A store whose schema is newer than this program is refused.
func (d *DB) Migrate(ctx context.Context, sources ...fs.FS) error {
	return d.MigrateTo(ctx, 0, sources...)
}

// MigrateTo brings the schema to a version, 0 for the newest: a store that is
// restored has the schema of its backup first.
func (d *DB) MigrateTo(ctx context.Context, version int64, sources ...fs.FS) error {
	files := fstest.MapFS{}
	for _, src := range sources {
		names, err := fs.Glob(src, "*.sql")
		if err != nil {
			return err
		}
		for _, name := range names {
			text, err := fs.ReadFile(src, name)
			if err != nil {
				return fmt.Errorf("read migration %s: %w", name, err)
			}
			if files[path.Base(name)] != nil {
				return fmt.Errorf("two features have a migration %s", name)
			}
			files[path.Base(name)] = &fstest.MapFile{Data: []byte(forEngine(string(text), d.kind))}
		}
	}
	dialect := goose.DialectSQLite3
	if d.kind == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, d.engine.handle(), files)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > want {
		return fmt.Errorf("the store's schema is version %d and this program knows %d: start a newer Portico, or restore a backup that this one made", have, want)
	}
	switch {
	case version > want:
		return fmt.Errorf("schema version %d is newer than this program, which knows %d: start a newer Portico", version, want)
	case version > 0:
		_, err = p.UpTo(ctx, version)
	case have < want:
		_, err = p.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Version is the version of the store's schema.
func Version(tx *Tx) (version int64, err error) {
	err = tx.QueryRow(`SELECT max(version_id) FROM ` + versions).Scan(&version)
	return version, err
}

// forEngine keeps what stands in comments for this engine, and removes what
// stands in those for the other, goose's annotations included.
func forEngine(text string, kind Engine) string {
	for _, engine := range []Engine{SQLite, Postgres} {
		var out strings.Builder
		for {
			before, rest, found := strings.Cut(text, "/*"+string(engine)+":")
			out.WriteString(before)
			if !found {
				break
			}
			inside, after, _ := strings.Cut(rest, "*/")
			if engine == kind {
				out.WriteString(inside)
			}
			text = after
		}
		text = out.String()
	}
	return text
}
