package keys

import (
	"path/filepath"
	"testing"
)

func TestAStatementIsSignedForItsKindOnly(t *testing.T) {
	r, err := Create(filepath.Join(t.TempDir(), "keys"), "test-portal", false)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Create(filepath.Join(t.TempDir(), "keys"), "test-portal", false)
	if err != nil {
		t.Fatal(err)
	}
	signed := r.Attest("receipt", []byte("yes"))
	for _, c := range []struct {
		vkey, kind, statement string
		want                  bool
	}{
		{r.Vkey(), "receipt", "yes", true}, {r.Vkey(), "receipt", "no", false},
		{r.Vkey(), "permit", "yes", false}, {other.Vkey(), "receipt", "yes", false},
	} {
		if ok, err := Attested(c.vkey, c.kind, []byte(c.statement), signed); ok != c.want || err != nil {
			t.Errorf("%s %s: %t, %v", c.kind, c.statement, ok, err)
		}
	}
	if _, err := Attested("no key", "receipt", nil, nil); err == nil {
		t.Error("a key that is none verifies")
	}
}
