package app_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/demo"
	"portico/internal/testkit"
)

// TestO7_AnApplicationIsHandedOverToAnArchive runs the program with a rule that
// hands withdrawn applications over at once: the officer takes a package to the
// archive, and once the archive has it, the application is gone, and its person
// reads who has it.
func TestO7_AnApplicationIsHandedOverToAnArchive(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(), "instances", "onegov")
	for _, change := range [][3]string{
		{"policy/recipients.yaml", "parties:\n", "parties:\n  - {id: national-archive, name: {en: National Archive, dv: ޤައުމީ އަރުޝީފު}, kind: \"dpv:DataController\", purposes: [data-rights], country: MV}\n"},
		{"policy/purposes.yaml", "  - id: rights-package\n", "  - {id: archive-national-archive, purpose: data-rights, name: {en: Handing over, dv: ޙަވާލުކުރުން}, who: [system], operations: [use], fields: [\"*\"], relation: system, parties: [national-archive]}\n  - id: rights-package\n"},
		{"policy/retention.yaml", "    period: P1Y\n    grace: P30D\n    action: anonymise\n", "    period: P0D\n    action: archive\n    to: national-archive\n"},
	} {
		dir = copied(t, dir, change[0], change[1], change[2])
	}
	home := t.TempDir()
	program := testkit.Serve(t, dir, "--demo", "--data", filepath.Join(home, "data"), "--keys", filepath.Join(home, "keys"))
	b := program.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {program.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
	id := apply(t, b, answers())
	pushes(t, b, b.Page("/en/cabinet/applications/"+id, http.StatusOK), "withdraw", nil)

	officer := program.Browse()
	officer.Submit("/staff/sign-in", url.Values{"email": {program.Person("privacy-officer")}, "password": {demo.Password}}, http.StatusOK)
	const at = "/staff/retention/handovers"
	holds(t, "the officer", officer.Page(at+"?lang=en", http.StatusOK), "National Archive", "1 thing is to be handed over", "No package was made yet")
	holds(t, "who reads the policy", b.Page("/en/privacy", http.StatusOK), "then handed over to National Archive and destroyed here")
	officer.Submit(at, url.Values{"do": {"make"}, "party": {"national-archive"}}, http.StatusOK)
	pkg := officer.Page(at, http.StatusOK).One(`main input[name=package]`).Attr("value")
	resp := officer.Post(at, url.Values{"do": {"download"}, "package": {pkg}})
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Disposition"), ".zip") {
		t.Fatalf("the download is answered with %d, %v", resp.StatusCode, err)
	}
	f, taken := &forger{t: t}, filepath.Join(home, "package.zip")
	write(t, taken, string(file))
	said, _ := f.run("keys", "status", "--data", filepath.Join(home, "data"), "--keys", filepath.Join(home, "keys"))
	vkey := regexp.MustCompile(`(?m)^verifier key +(\S+)$`).FindStringSubmatch(said)
	if vkey == nil {
		t.Fatalf("the key is not told: %s", said)
	}
	f.says("the archive", true, "package of "+pkg+" for national-archive", "verify", taken, "--key", vkey[1])
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	thing, err := z.Open("things/case-" + id + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(thing); err != nil || !bytes.Contains(text, []byte("From the school to the harbour")) {
		t.Errorf("the archive reads %s, %v", text, err)
	}
	if resp := officer.Post(at, url.Values{"do": {"download"}, "package": {pkg}}); resp.StatusCode != http.StatusConflict {
		t.Errorf("a second download is answered with %d", resp.StatusCode)
	}
	holds(t, "who gives a name for a reference", officer.Submit(at+"?lang=en", url.Values{"do": {"acknowledge"}, "package": {pkg}, "reference": {"Aishath Mohamed"}}, http.StatusUnprocessableEntity), "number")
	holds(t, "its person, before the archive has it", b.Page("/en/cabinet/applications/"+id, http.StatusOK), "From the school to the harbour")
	officer.Submit(at, url.Values{"do": {"acknowledge"}, "package": {pkg}, "reference": {"NA-2026/17"}}, http.StatusOK)

	page := until(t, b, "/en/cabinet/kept", "NA-2026/17")
	holds(t, "its person", page, "Handed over to an archive", "National Archive")
	if resp := b.Get("/en/cabinet/applications/" + id); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an application that an archive has is answered with %d", resp.StatusCode)
	}
	holds(t, "the officer, afterwards", officer.Page(at+"?lang=en", http.StatusOK), "Nothing is to be handed over now", "Taken over", "NA-2026/17")
}
