package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/internal/demo"
	"portico/internal/retention/handover"
	"portico/internal/testkit"
)

// relations is a program whose officers deal with an archive.
type relations struct {
	*forger
	program *testkit.Program
	home    string
	officer *testkit.Browser
	vkey    string
}

const handovers = "/staff/retention/handovers"

// hand makes a package and takes it to the archive, which verifies it, and
// returns its id and the application in it, whose id is given.
func (r *relations) hand(id string) (pkg string, e handover.Entry, files map[string]string) {
	t := r.t
	t.Helper()
	r.officer.Submit(handovers, url.Values{"do": {"make"}, "party": {"national-archives"}}, http.StatusOK)
	for input := range r.officer.Page(handovers, http.StatusOK).Find(`main form:has(button[value=download]) input[name=package]`).All() {
		pkg = input.Attr("value")
	}
	resp := r.officer.Post(handovers, url.Values{"do": {"download"}, "package": {pkg}})
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Disposition"), ".zip") {
		t.Fatalf("the download is answered with %d, %v", resp.StatusCode, err)
	}
	taken := filepath.Join(r.home, pkg+".zip")
	write(t, taken, string(file))
	for _, line := range []string{"package of " + pkg + " for national-archives, made at ", "verified: the portal signed this package, and nothing in it was changed."} {
		r.says("the archive", true, line, "verify", taken, "--key", r.vkey)
	}
	file[bytes.Index(file, []byte(".json"))+20] ^= 1 // in what is behind the name of the first entry
	write(t, taken+".changed", string(file))
	r.says("the archive, of what was changed", false, "not verified", "verify", taken+".changed", "--key", r.vkey)
	file[bytes.Index(file, []byte(".json"))+20] ^= 1
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	thing, err := z.Open("things/case-" + id + ".json")
	if err == nil {
		err = json.NewDecoder(thing).Decode(&e)
	}
	if err != nil {
		t.Fatalf("the archive reads: %v", err)
	}
	if resp := r.officer.Post(handovers, url.Values{"do": {"download"}, "package": {pkg}}); resp.StatusCode != http.StatusConflict {
		t.Errorf("a second download is answered with %d", resp.StatusCode)
	}
	files = map[string]string{}
	for _, f := range e.Files {
		in, err := z.Open(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Field] = string(content)
	}
	return pkg, e, files
}

// values are the values of a field in what an archive was given.
func values(e handover.Entry, field string) (all []string) {
	for _, v := range e.Values {
		if v.Field == field {
			all = append(all, v.Value)
		}
	}
	return all
}

// TestO7_AnApplicationIsHandedOverToAnArchive runs the program with the rule of
// onegov that hands dewatering permits over, but for those that came to nothing
// and at once. The archive is given what the policy says, and nothing else. What
// is corrected meanwhile the archive is told of, and is given again; then it is
// gone here, and whoever has everything erased reads who has it.
func TestO7_AnApplicationIsHandedOverToAnArchive(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(), "instances", "onegov")
	for _, change := range [][2]string{
		{"    outcomes: [issued]\n", "    outcomes: [cancelled]\n"},
		{"    period: P5Y\n    grace: P30D\n    tell: true\n    action: archive\n", "    period: P0D\n    action: archive\n"},
	} {
		dir = copied(t, dir, "policy/retention.yaml", change[0], change[1])
	}
	home := t.TempDir()
	r := &relations{forger: &forger{t: t}, home: home}
	r.program = testkit.Serve(t, dir, "--demo", "--data", filepath.Join(home, "data"), "--keys", filepath.Join(home, "keys"))
	enter := func(role string) *testkit.Browser {
		b := r.program.Browse()
		b.Submit("/staff/sign-in", url.Values{"email": {r.program.Person(role)}, "password": {demo.Password}}, http.StatusOK)
		return b
	}
	r.officer = enter("privacy-officer")
	said, _ := r.run("keys", "status", "--data", filepath.Join(home, "data"), "--keys", filepath.Join(home, "keys"))
	vkey := regexp.MustCompile(`(?m)^verifier key +(\S+)$`).FindStringSubmatch(said)
	if vkey == nil {
		t.Fatalf("the key is not told: %s", said)
	}
	r.vkey = vkey[1]
	b := r.program.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {r.program.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
	id, _ := applyAt(t, b, "/en/services/dewatering-permit/apply/applicant?variant=new", dewatering())
	own := "/en/cabinet/applications/" + id
	pushes(t, b, b.Page(own, http.StatusOK), "withdraw", nil)

	holds(t, "the officer", r.officer.Page(handovers+"?lang=en", http.StatusOK), "National Archives", "1 thing is to be handed over", "No package was made yet")
	holds(t, "who reads the policy", b.Page("/en/privacy", http.StatusOK), "then handed over to National Archives and destroyed here")
	first, e, files := r.hand(id)
	if got := strings.Join(append(values(e, "dewatering-permit.site-address"), values(e, "person.name")...), ", "); got != "Plot 12, Hoadhadu Magu, Aishath Mohamed" {
		t.Errorf("the archive reads %q", got)
	}
	if len(values(e, "person.identity-number"))+len(values(e, "person.phone"))+len(values(e, "dewatering-permit.pump-make")) > 0 {
		t.Errorf("the archive is given what the policy does not say: %+v", e.Values)
	}
	if len(files) != 3 || files["dewatering-permit.water-test"] != string(testkit.PDF("water-test")) {
		t.Errorf("the archive is given %d files", len(files))
	}

	// What was wrong in it is corrected: the archive is told, without the value.
	sends(t, b, "/en/cabinet/rights/correct", "send", url.Values{"items": {"place case:" + id}, "text": {"It is plot 21."}})
	corrects := enter("dewatering-officer")
	task := corrects.Page("/staff/corrections", http.StatusOK).One(`main a[href^="/staff/corrections/"]`).Attr("href")
	for _, act := range []url.Values{
		{"do": {"take"}},
		{"do": {"write"}, "field": {"dewatering-permit.site-address"}, "value": {"Plot 21, Hoadhadu Magu"}},
		{"do": {"answer"}, "answer": {"granted"}, "text": {"The address is corrected."}},
	} {
		corrects.Submit(task, act, http.StatusOK)
	}
	mail := &post{t: t, program: r.program, read: map[string]bool{}}
	told := mail.to("records@archives.example", "corrected")
	if strings.Contains(told, "Plot") || strings.Contains(told, "Aishath") {
		t.Errorf("the archive is written %s", told)
	}
	link := regexp.MustCompile(`/en/\S*told/\S+`).FindString(told)
	r.program.Browse().Submit(link, url.Values{"do": {"acknowledge"}}, http.StatusOK)
	request := regexp.MustCompile(`/cabinet/rights/requests/[0-9a-f-]+`).FindString(b.Page("/en/cabinet/rights", http.StatusOK).One(`main a[href*="/cabinet/rights/requests/"]`).Attr("href"))
	holds(t, "its person", until(t, b, "/en"+request, "National Archives"), "Acknowledged", "The address is corrected.")

	holds(t, "who gives a name for a reference", r.officer.Submit(handovers+"?lang=en", url.Values{"do": {"acknowledge"}, "package": {first}, "reference": {"Aishath Mohamed"}}, http.StatusUnprocessableEntity), "number")
	r.officer.Submit(handovers, url.Values{"do": {"acknowledge"}, "package": {first}, "reference": {"NA-2026/17"}}, http.StatusOK)
	until(t, r.officer, handovers+"?lang=en", "1 thing is to be handed over")
	holds(t, "its person, whose right value the archive does not have", b.Page(own, http.StatusOK), "Plot 21, Hoadhadu Magu")
	second, e, _ := r.hand(id)
	if got := strings.Join(values(e, "dewatering-permit.site-address"), "; "); got != "Plot 12, Hoadhadu Magu; Plot 21, Hoadhadu Magu" {
		t.Errorf("the archive reads %q", got)
	}
	r.officer.Submit(handovers, url.Values{"do": {"acknowledge"}, "package": {second}, "reference": {"NA-2026/18"}}, http.StatusOK)
	holds(t, "its person", until(t, b, "/en/cabinet/kept", "NA-2026/18"), "Handed over to an archive", "National Archives")
	if resp := b.Get(own); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an application that an archive has is answered with %d", resp.StatusCode)
	}
	holds(t, "the officer, afterwards", r.officer.Page(handovers+"?lang=en", http.StatusOK), "Nothing is to be handed over now", "Taken over", "NA-2026/18")

	// Whoever has everything erased is told what the archive has.
	sends(t, b, "/en/cabinet/rights/delete", "send", url.Values{"items": {"place profile"}, "text": {"Delete it."}})
	desk := ""
	for link := range r.officer.Page("/staff/rights?lang=en", http.StatusOK).Find(`main a[href^="/staff/rights/"]`).All() {
		desk = link.Attr("href")
	}
	r.officer.Submit(desk, url.Values{"do": {"take"}}, http.StatusOK)
	r.officer.Submit(desk, url.Values{"do": {"decide"}, "item-1": {"granted"}, "text": {"It goes."}}, http.StatusOK)
	holds(t, "who answers", until(t, r.officer, desk+"?lang=en", "NA-2026/18"), "Handed over to National Archives")
	proof := filepath.Join(home, "erasure.json")
	file, err := io.ReadAll(r.officer.Get(desk + "/certificate").Body)
	if err != nil {
		t.Fatal(err)
	}
	write(t, proof, string(file))
	r.says("the certificate of the erasure", true, "case "+id+": transferred, at ", "verify", proof, "--key", r.vkey)
	r.says("the certificate of the erasure", true, ", to national-archives, as NA-2026/18", "verify", proof, "--key", r.vkey)
}
