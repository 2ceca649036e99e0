package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/audit"
	"portico/internal/keys"
	"portico/internal/ledger"
	"portico/internal/platform/db"
	"portico/internal/policy/policytest"
	"portico/internal/retention"
	"portico/internal/rights/fate"
	"portico/internal/testkit"
	"portico/internal/vault"
	"portico/internal/vault/vaulttest"
)

// portico runs a command as main does, and returns what it printed.
func portico(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := rootCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestVerifySaysWhetherTheLogHeldARecord(t *testing.T) {
	s := vaulttest.Open(t, testkit.Database(t, db.SQLite, audit.Migrations(), vault.Migrations()), policytest.Compile(t))
	subject := s.Subject(t)
	for range 3 {
		if err := s.DB.Update(t.Context(), func(tx *db.Tx) error {
			return s.Append(tx, audit.Event{
				Subject: subject, Kind: audit.KindAccess, Reference: "RP-7F3K\x1b[2J", Fields: []string{"person.name"},
				Actor: audit.Actor{Kind: "staff", Role: "permit-officer", Party: "council", ID: "someone"},
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	rec, err := s.Log.Record(t.Context(), subject, 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "record.json")
	write := func(b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	out, err := portico(t, "verify", file, "--key", s.Ring.Vkey(), "--against", s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"event 2 of " + subject + ": access", "staff, permit-officer, council, someone", "person.name", "entry", "of 3", "nothing was taken out"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("a record drives the terminal")
	}
	for what, args := range map[string][]string{
		"no key":           {"verify", file},
		"another key":      {"verify", file, "--key", strings.Replace(s.Ring.Vkey(), "+A", "+B", 1)},
		"no such file":     {"verify", file + "x", "--key", s.Ring.Vkey()},
		"no copy":          {"verify", file, "--key", s.Ring.Vkey(), "--against", t.TempDir()},
		"a copy elsewhere": {"verify", file, "--key", s.Ring.Vkey(), "--against", filepath.Join(s.Dir, "nowhere")},
	} {
		if out, err := portico(t, args...); err == nil || strings.Contains(out, "verified") {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
	write(bytes.Replace(text, []byte("permit-officer"), []byte("permit-0fficer"), 1))
	if out, err := portico(t, "verify", file, "--key", s.Ring.Vkey()); err == nil || !strings.Contains(err.Error(), "not verified: the event is not what the log holds") || out != "" {
		t.Errorf("a record that was changed: %v\n%s", err, out)
	}

	list := audit.Records{Type: audit.RecordsType, Next: "/cabinet/access.json?before=2"}
	for n := int64(3); n > 0; n-- {
		if rec, err = s.Log.Record(t.Context(), subject, n); err != nil {
			t.Fatal(err)
		}
		list.Records = append(list.Records, rec)
	}
	if text, err = json.Marshal(list); err != nil {
		t.Fatal(err)
	}
	write(text)
	out, err = portico(t, "verify", file, "--key", s.Ring.Vkey(), "--against", s.Dir)
	if err != nil || !strings.Contains(out, "event 1 of "+subject) || !strings.Contains(out, "all 3 records") {
		t.Errorf("a file of many records: %v\n%s", err, out)
	}
	last := bytes.LastIndex(text, []byte("permit-officer"))
	write(slices.Concat(text[:last], []byte("permit-0fficer"), text[last+len("permit-officer"):]))
	if out, err := portico(t, "verify", file, "--key", s.Ring.Vkey()); err == nil || !strings.Contains(err.Error(), "record 3 of 3: the event is not what the log holds") || out != "" {
		t.Errorf("a file whose last record was changed: %v\n%s", err, out)
	}
	write([]byte(`{"type":"portico/access-records/1","records":[]}`))
	if out, err := portico(t, "verify", file, "--key", s.Ring.Vkey()); err == nil || out != "" {
		t.Errorf("a file of no record: %v\n%s", err, out)
	}
}

// TestVerifyReadsEachSignedDocumentAndNoForgedOne: receipts and certificates are
// one kind of file, and a signature of one serves for no other.
func TestVerifyReadsEachSignedDocumentAndNoForgedOne(t *testing.T) {
	ring, err := keys.Create(filepath.Join(t.TempDir(), "keys"), "test-portal", false)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "document.json")
	verify := func(text []byte) (string, error) {
		t.Helper()
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return portico(t, "verify", file, "--key", ring.Vkey())
	}
	for _, c := range []struct {
		name, kind, says string
		said             any
	}{
		{"receipt", "consent receipt 1", "consent given of anna to newsletter", map[string]any{
			"record": map[string]any{"pii_principal_id": "anna"}, "pii_processing": []any{map[string]any{"purpose": "newsletter"}}, "event": map[string]any{"event_state": "consent given"}}},
		{"certificate", "disposal certificate 1", "as A-7, in the file", &retention.Certificate{
			Disposal: "d1", Person: "anna", State: retention.Final, Transferred: &retention.Transferred{To: "archive", Reference: "A-7"}}},
		{"erasure", "erasure certificate 1", "case c1: kept, ground records-duty, held by a court until it is lifted", &fate.Certificate{
			Person: "anna", State: fate.Provisional, Parts: []fate.Part{{Kind: "case", ID: "c1", Answer: fate.Kept, Ground: "records-duty", Holds: []fate.Hold{{Ground: "a court"}}}}}},
	} {
		text, err := ring.Document(c.name, c.kind, c.said)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := verify(text); err != nil || !strings.Contains(out, c.says) || !strings.Contains(out, "verified: the portal signed this ") {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		elsewhere, err := ring.Document(c.name, "something else", c.said)
		if err != nil {
			t.Fatal(err)
		}
		for what, forged := range map[string][]byte{"changed": bytes.Replace(text, []byte("anna"), []byte("elsa"), 1), "signed as something else": elsewhere} {
			if out, err := verify(forged); err == nil || !strings.Contains(err.Error(), "did not sign") || out != "" {
				t.Errorf("%s, %s: %v\n%s", c.name, what, err, out)
			}
		}
	}
}

func TestKeysRotateWrapsEveryKeyAgain(t *testing.T) {
	data := t.TempDir()
	d := testkit.Open(t, "file:"+filepath.Join(data, "portico.db"), audit.Migrations(), vault.Migrations(), ledger.Migrations())
	s := vaulttest.Open(t, d, policytest.Compile(t))
	if _, err := ledger.Open(t.Context(), ledger.Config{DB: d, Ring: s.Ring, Clock: s.Clock}); err != nil {
		t.Fatal(err)
	}
	for range 120 {
		s.Subject(t)
	}
	flags := []string{"--data", data, "--keys", s.Keys}
	out, err := portico(t, append([]string{"keys", "status"}, flags...)...)
	if err != nil || !strings.Contains(out, "epoch 1       241 keys, current") || !strings.Contains(out, s.Ring.Vkey()) {
		t.Errorf("status: %v\n%s", err, out)
	}
	out, err = portico(t, append([]string{"keys", "rotate"}, flags...)...)
	if err != nil || !strings.Contains(out, "241 keys are wrapped under epoch 2") {
		t.Errorf("rotate: %v\n%s", err, out)
	}
	out, err = portico(t, append([]string{"keys", "status"}, flags...)...)
	if err != nil || !strings.Contains(out, "epoch 1       0 keys, kept") || !strings.Contains(out, "epoch 2       241 keys, current") {
		t.Errorf("status: %v\n%s", err, out)
	}
	// The process that was running all the while takes the new epoch up.
	s.Subject(t)
	if events := s.Events(t, audit.System); len(events) != 1 || events[0].Facts["epoch"] != "2" {
		t.Errorf("the rotation left %+v", events)
	}
	if !strings.Contains(out, "ledger        0 acts") {
		t.Errorf("status says nothing of the ledger:\n%s", out)
	}
	if err := os.Remove(filepath.Join(s.Keys, ledger.FileName)); err != nil {
		t.Fatal(err)
	}
	if out, err := portico(t, append([]string{"keys", "status"}, flags...)...); err == nil || !strings.Contains(err.Error(), "is missing: put the newest one back from the key backup") {
		t.Errorf("status of a folder without its ledger: %v\n%s", err, out)
	}
	if out, err := portico(t, "keys", "status", "--data", t.TempDir(), "--keys", s.Keys); err == nil {
		t.Errorf("status of no database: %s", out)
	}
	if out, err := portico(t, "keys", "status", "--data", data, "--keys", t.TempDir()); err == nil {
		t.Errorf("status of no keys: %s", out)
	}
}
