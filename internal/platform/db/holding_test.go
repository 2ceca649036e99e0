package db_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"portico/internal/platform/db"
	"portico/internal/testkit"
)

func TestI1_AColumnThatNobodyDeclaredIsFound(t *testing.T) {
	files := fstest.MapFS{"20260101000000_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a_note (subject TEXT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (subject));\n")}}
	whole := db.Table{Name: "a_note", Columns: map[string]db.Holds{"subject": db.Pseudonym, "body": db.Sealed}}
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		schema, err := d.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			tables []db.Table
			want   []string
		}{
			"all declared":      {[]db.Table{whole}, nil},
			"nothing declared":  {nil, []string{"column a_note.body is declared by no feature", "column a_note.subject is declared by no feature"}},
			"one column left":   {[]db.Table{{Name: "a_note", Columns: map[string]db.Holds{"subject": db.Pseudonym}}}, []string{"column a_note.body is declared by no feature"}},
			"declared twice":    {[]db.Table{whole, whole}, []string{"table a_note is declared twice"}},
			"a kind of its own": {[]db.Table{{Name: "a_note", Columns: map[string]db.Holds{"subject": db.Pseudonym, "body": "secret"}}}, []string{`column a_note.body holds "secret", which is no kind of holding`}},
			"personal, no reason": {[]db.Table{{Name: "a_note", Columns: map[string]db.Holds{"subject": db.Pseudonym, "body": db.Personal}}},
				[]string{"column a_note.body holds readable personal data and gives no reason"}},
			"personal with a reason": {[]db.Table{{Name: "a_note", Columns: map[string]db.Holds{"subject": db.Pseudonym, "body": db.Personal}, Why: map[string]string{"body": "shown to everybody"}}}, nil},
			"a column that is not there": {[]db.Table{whole, {Name: "b_note", Columns: map[string]db.Holds{"x": db.Nothing}}},
				[]string{"column b_note.x is declared and does not exist"}},
		} {
			t.Run(name, func(t *testing.T) {
				if got := db.Undeclared(schema, c.tables); !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
	}, files)
}

// TestN13_NothingSecretStandsBesideWhatAPersonIsGiven: nor what was made of it.
func TestN13_NothingSecretStandsBesideWhatAPersonIsGiven(t *testing.T) {
	columns := db.Readable([]db.Table{{Name: "visit", Columns: map[string]db.Holds{
		"state": db.Nothing, "opened_at": db.Nothing, "salt": db.Nothing, "tries": db.Nothing, "token_hash": db.Nothing, "hash": db.Nothing,
	}}})
	if got := columns("visit"); !slices.Equal(got, []string{"opened_at", "state"}) {
		t.Errorf("beside it stand %q", got)
	}
}
