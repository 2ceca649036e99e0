package rights_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/id"
	"portico/internal/policy"
	"portico/internal/rights"
	"portico/internal/rights/export"
	"portico/internal/rights/takeout"
	"portico/internal/testkit"
	"portico/internal/vault"
)

// checked verifies a package as somebody would who has nothing of Portico: with
// ZIP, SHA-256 and Ed25519, and the key of the proof page.
func checked(file []byte, vkey string) (map[string][]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	entries := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		if entries[f.Name], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
	var signed struct {
		Manifest  json.RawMessage `json:"manifest"`
		Signature []byte          `json:"signature"`
	}
	if err := json.Unmarshal(entries["manifest.json"], &signed); err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2])
	if err != nil {
		return nil, err
	}
	if !ed25519.Verify(key[1:], append([]byte("portico statement\npackage\n"), signed.Manifest...), signed.Signature) {
		return nil, errors.New("the signature is wrong")
	}
	var manifest struct {
		Entries []struct {
			Name   string `json:"name"`
			SHA256 string `json:"sha256"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(signed.Manifest, &manifest); err != nil {
		return nil, err
	}
	if len(manifest.Entries) != len(entries)-1 {
		return nil, errors.New("something is missing, or too much")
	}
	for _, e := range manifest.Entries {
		if sum := sha256.Sum256(entries[e.Name]); hex.EncodeToString(sum[:]) != e.SHA256 {
			return nil, errors.New(e.Name + " was changed")
		}
	}
	return entries, nil
}

// takes asks for a package and has it made.
func (w *world) takes(right string) (subject, request string, file []byte) {
	w.t.Helper()
	subject, b := w.person("aishath@example.mv")
	use := vault.Use{Actor: policy.Actor{Kind: policy.Staff, ID: "shifa", Roles: []string{"permit-officer"}, Strong: true}, Subject: subject,
		Activity: "road-permit.decide", Operation: policy.Collect, Scope: vault.Profile, Fields: []string{"road-permit.remarks"},
		Task: policy.Task{Scope: vault.Profile, Holder: "shifa", Open: true}}
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		p, err := w.vault.Permit(tx, use)
		if err != nil {
			return err
		}
		return w.vault.Put(tx, p, []vault.Value{{Field: "road-permit.remarks", Text: "=The road is narrow", Source: policy.SourceStaff}})
	}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error { // the name was another once
		p, err := w.vault.Permit(tx, vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Operation: policy.Collect,
			Scope: vault.Profile, Fields: []string{policy.FieldName},
		})
		if err != nil {
			return err
		}
		return w.vault.Put(tx, p, []vault.Value{{Field: policy.FieldName, Item: id.New(w.store.Clock.Now()), Text: "Aishath Rasheed", Source: policy.SourceForm}})
	}); err != nil {
		w.t.Fatal(err)
	}
	w.store.Clock.Advance(time.Minute) // and the address was corrected since
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error {
		p, err := w.vault.Permit(tx, vault.Use{
			Actor: policy.Actor{Kind: policy.Person, ID: subject}, Subject: subject, Activity: policy.ActivityAccount, Operation: policy.Collect,
			Scope: vault.Profile, Fields: []string{policy.FieldAddress},
		})
		if err != nil {
			return err
		}
		return w.vault.Put(tx, p, []vault.Value{{Field: policy.FieldAddress, Item: id.New(w.store.Clock.Now()), Text: "Dhadimagu", Source: policy.SourceStaff}})
	}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.vault.Update(w.t.Context(), func(tx *db.Tx) error { // a search of which the person was to learn later
		series, err := w.vault.NewSeries(tx)
		if err == nil {
			err = w.vault.Defer(tx, series, audit.Event{Kind: audit.KindSearch, Subject: subject, Actor: audit.Actor{Kind: "staff", ID: id.New(w.store.Clock.Now()), Role: "permit-officer", Party: "council"}, Activity: "road-permit.decide", Fields: []string{policy.FieldPhone}})
		}
		if err == nil {
			_, err = w.vault.Reveal(tx, subject, series, audit.Facts{"deferral": "criminal-inquiry"}, 0, 10)
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	request = w.asks(b, right, "")
	at := "/en/cabinet/rights/requests/" + request
	b.Page(at+"/package", http.StatusNotFound)
	if mails := w.work(); len(mails) != 1 || !strings.Contains(mails[0].Subject, "is ready") {
		w.t.Fatalf("what was sent: %+v", mails)
	}
	link := b.Page(at, http.StatusOK).One(`main a[href$="/package"]`).Attr("href")
	resp := b.Get(link)
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		w.t.Fatalf("%d, %v", resp.StatusCode, err)
	}
	return subject, request, file
}

func TestN13_APackageHoldsEverythingAndIsVerifiedOffline(t *testing.T) {
	worlds(t, func(t *testing.T, w *world) {
		subject, request, file := w.takes("access")
		entries, err := checked(file, w.store.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		var data struct {
			Values []struct{ Value, Since, Until string }
		}
		if err := json.Unmarshal(entries["data.json"], &data); err != nil {
			t.Fatal(err)
		}
		said := map[string][2]bool{} // since, until
		for _, v := range data.Values {
			said[v.Value] = [2]bool{v.Since != "", v.Until != ""}
		}
		for value, want := range map[string][2]bool{"Aishath Nasreena": {true, false}, "Aishath Rasheed": {false, true}, "Dhadimagu": {true, false}} {
			if said[value] != want {
				t.Errorf("O14: of %s it says since and until: %v", value, said[value])
			}
		}
		for name, wants := range map[string][]string{
			"data.json": {`"Aishath Nasreena"`, `"person.name"`, `"@context"`, "The road is narrow", `"source": "staff"`, `"road-permit.decide"`, `"kept"`, `"Aishath Rasheed"`, `"until"`,
				`"kind": "revealed"`, `"was": "search"`, `"happened": "2026-11-23T10:`, `"deferral": "criminal-inquiry"`},
			"data.csv": {"Aishath Nasreena", "'=The road is narrow"}, "uses.csv": {"road-permit.decide", "permit-officer", "council", "Permit officer, Fuvahmulah City Council", "revealed,staff,permit-officer", "search,2026-11-23T10:"},
			"index.html": {`lang="en"`, "Everything that is held about you", "Aishath Nasreena", "Aishath Rasheed", "until ", "Permit officer, Fuvahmulah City Council", ">27 March 1990<", ">You asked for something about your data", `data-label="Why"`, "the law let us show it only later", "card.png", "portico verify"},
		} {
			for _, want := range wants {
				if !bytes.Contains(entries[name], []byte(want)) {
					t.Errorf("%s does not hold %s", name, want)
				}
			}
		}
		if string(entries["files/01a207d9-2100-754a-bf5f-adaaabf9530d.png"]) != "a picture" {
			t.Error("the file is not in it")
		}
		if bytes.Contains(entries["index.html"], []byte("right-asked")) {
			t.Error("the readable part holds the code of a reason")
		}
		var kept struct {
			Kept []struct {
				Kind string
				Says []map[string]any
			}
		}
		if err := json.Unmarshal(entries["data.json"], &kept); err != nil {
			t.Fatal(err)
		}
		rows := map[string]map[string]any{}
		for _, thing := range kept.Kept {
			for _, row := range thing.Says {
				rows[row["table"].(string)] = row
				for column := range row {
					if strings.Contains(column, "salt") || strings.Contains(column, "hash") || strings.Contains(column, "holder") {
						t.Errorf("%s: %s is in the package", row["table"], column)
					}
				}
			}
		}
		if r := rows["rights_request"]; r["kind"] != "access" || r["state"] != "making" || r["received_at"] != "2026-11-23T10:01:00Z" {
			t.Errorf("N13: of the request itself it says %v", r)
		}
		if since, ok := rows["identity_channel"]["since"].(string); !ok || !strings.HasPrefix(since, "2026-11-23T") {
			t.Errorf("N13: a time is no time: %v", rows["identity_channel"])
		}
		if rows["identity_account"] == nil || rows["identity_channel"]["field"] != policy.FieldEmail || rows["rights_item"]["sort"] != "all" {
			t.Errorf("N13: the rows that stand beside what is sealed: %v", rows)
		}
		for name, content := range entries { // an official is a role, never somebody
			if bytes.Contains(content, []byte("shifa")) {
				t.Errorf("%s names an official", name)
			}
		}
		m, err := export.Verify(bytes.NewReader(file), int64(len(file)), w.store.Ring.Vkey())
		if err != nil || m.Subject != subject || m.ID != request {
			t.Errorf("%+v, %v", m, err)
		}
		// Each place was opened as a use that the person sees, and each download is one.
		opened, downloads := 0, 0
		for _, e := range w.store.Events(t, subject) {
			if e.Kind == audit.KindAccess && e.Activity == takeout.Activity {
				opened++
			}
			if e.Kind == audit.KindAccess && e.Activity == rights.ActivityOwn && strings.Contains(e.Facts["files"], "-") {
				downloads++
			}
		}
		if opened == 0 || downloads != 1 {
			t.Errorf("%d places opened, %d downloads", opened, downloads)
		}
		if _, _, err := w.Download(t.Context(), "somebody-else", request); err == nil {
			t.Error("somebody else downloads it")
		}
		// It waits sealed, and ends after a week.
		w.store.Clock.Advance(7*24*time.Hour + time.Second)
		if err := w.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.work()
		if _, _, err := w.Download(t.Context(), subject, request); err == nil {
			t.Error("it is there for ever")
		}
	})
}

// TestN13_APackageSaysOfAValueUntilWhenItIsKeptWhereItIs: an address that stands
// in an application is kept as long as that, not as long as the account.
func TestN13_APackageSaysOfAValueUntilWhenItIsKeptWhereItIs(t *testing.T) {
	declared := declarations()
	declared.Retention = append(declared.Retention, policy.Retention{
		ID: "asked", Name: text("Requests"), Keeps: []string{"right"}, Event: "answer", Trigger: text("from the answer"), Period: "P3Y", Grace: "P30D", Review: "2027-11-22",
	})
	w := openAs(t, testkit.Database(t, db.SQLite, schema()...), declared)
	_, b := w.person("aishath@example.mv")
	request := w.asks(b, "access", "All of it, please.")
	w.work()
	resp := b.Get("/en/cabinet/rights/requests/" + request + "/package")
	file, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := checked(file, w.store.Ring.Vkey())
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Values []struct{ Place, Value, Kept string }
	}
	if err := json.Unmarshal(entries["data.json"], &data); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, v := range data.Values {
		said[v.Value] = v.Kept
	}
	if said["All of it, please."] != "3 years, from the answer" || said["Aishath Nasreena"] == said["All of it, please."] || said["Aishath Nasreena"] == "" {
		t.Errorf("kept: %q", said)
	}
}

func TestN13_ACopyForAnotherProviderHoldsOnlyWhatThePersonProvided(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		_, _, file := w.takes("copy")
		entries, err := checked(file, w.store.Ring.Vkey())
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range entries {
			if bytes.Contains(content, []byte("The road is narrow")) || bytes.Contains(content, []byte("permit-officer")) || name == "uses.csv" {
				t.Errorf("%s holds what the person did not provide", name)
			}
		}
		if !bytes.Contains(entries["data.json"], []byte("Aishath Nasreena")) {
			t.Error("it does not hold what they did")
		}
	})
}

// between has something stand between the entries of a package and its directory,
// which no directory names.
func between(file []byte) []byte {
	at := bytes.LastIndex(file, []byte("PK\x05\x06"))
	directory := int(binary.LittleEndian.Uint32(file[at+16:]))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if to, err := z.Create("index.html"); err == nil {
		_, _ = to.Write([]byte("<p>evil"))
	}
	_ = z.Flush()
	changed := slices.Concat(file[:directory], b.Bytes(), file[directory:])
	binary.LittleEndian.PutUint32(changed[at+b.Len()+16:], uint32(directory+b.Len()))
	return changed
}

func TestN13_APackageThatWasChangedIsNotVerified(t *testing.T) {
	one(t, func(t *testing.T, w *world) {
		_, _, file := w.takes("copy")
		vkey := w.store.Ring.Vkey()
		again := func(change func(name string, content []byte) (string, []byte)) []byte {
			z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			to := zip.NewWriter(&b)
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					t.Fatal(err)
				}
				content, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				name, content := change(f.Name, content)
				if name == "" {
					continue
				}
				entry, err := to.Create(name)
				if err == nil {
					_, err = entry.Write(content)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := to.Close(); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		for name, changed := range map[string][]byte{
			"a value": again(func(name string, c []byte) (string, []byte) {
				return name, bytes.ReplaceAll(c, []byte("Aishath"), []byte("Hussain"))
			}),
			"without an entry": again(func(name string, c []byte) (string, []byte) {
				if name == "data.csv" {
					name = ""
				}
				return name, c
			}),
			"an entry renamed": again(func(name string, c []byte) (string, []byte) {
				return strings.Replace(name, "data.csv", "evil.csv", 1), c
			}),
			"another person": again(func(name string, c []byte) (string, []byte) {
				if name == "manifest.json" {
					c = bytes.Replace(c, []byte(`"kind":"copy"`), []byte(`"kind":"access"`), 1)
				}
				return name, c
			}),
			"no manifest": again(func(name string, c []byte) (string, []byte) {
				return strings.Replace(name, "manifest.json", "manifest", 1), c
			}),
			"something before":  append(again(func(_ string, _ []byte) (string, []byte) { return "index.html", []byte("<p>evil") }), file...),
			"something behind":  append(bytes.Clone(file), "more"...),
			"a comment":         append(append(bytes.Clone(file[:len(file)-2]), 4, 0), "more"...),
			"something between": between(file),
			"nothing":           {}, "no package": []byte("PK\x03\x04"), "cut off": file[:len(file)/2],
		} {
			if _, err := export.Verify(bytes.NewReader(changed), int64(len(changed)), vkey); err == nil {
				t.Errorf("%s: it is verified", name)
			}
		}
		same := again(func(name string, c []byte) (string, []byte) { return name, c })
		if _, err := export.Verify(bytes.NewReader(same), int64(len(same)), vkey); err != nil {
			t.Errorf("packed anew: %v", err)
		}
		if _, err := export.Verify(bytes.NewReader(file), int64(len(file)), "test+1234+AAAA"); err == nil {
			t.Error("a key that is none verifies")
		}
	})
}
