package app_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/demo"
	"portico/internal/testkit"
)

// upload sends a file in the form of a page, as a browser without JavaScript.
func upload(t testing.TB, b *testkit.Browser, form testkit.Nodes, name string, content []byte) *http.Response {
	t.Helper()
	kind, body := multi(t, name, content)
	r := b.Request(http.MethodPost, form.Attr("action"), body)
	r.Header.Set("Content-Type", kind)
	return b.Do(r)
}

// multi is a form with a file, and its media type.
func multi(t testing.TB, name string, content []byte) (kind string, body *bytes.Buffer) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	w, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return m.FormDataContentType(), body
}

// TestO9_AFileIsSentSealedAndReadByItsPerson runs the program: a file is sent
// in an application for dewatering, lies nowhere in clear, comes back as it
// was, and is nobody else's.
func TestO9_AFileIsSentSealedAndReadByItsPerson(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	portal := testkit.Serve(t, filepath.Join(testkit.Root(), "instances", "onegov"), "--demo", "--data", data, "--keys", filepath.Join(t.TempDir(), "keys"))
	b := portal.Browse()
	b.Submit("/en/sign-in", url.Values{"contact": {portal.Person("citizen")}, "password": {demo.Password}}, http.StatusOK)
	at := firstFiles(t, b)
	content := testkit.PDF("qzxplanqv")
	page := b.Page(at, http.StatusOK)
	if resp := upload(t, b, page.One("form[data-upload]"), "qzxnameqv.exe", []byte("MZ a program")); resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a program is answered with %d", resp.StatusCode)
	}
	if resp := upload(t, b, page.One("form[data-upload]"), "qzxnameqv.pdf", content); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != at {
		t.Fatalf("a plan is answered with %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	href := b.Page(at, http.StatusOK).One(".files a").Attr("href")
	got, err := io.ReadAll(b.Get(href).Body)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("it comes back as %d bytes, %v", len(got), err)
	}
	stranger := portal.Browse()
	stranger.Submit("/staff/sign-in", url.Values{"email": {portal.Person("permit-officer")}, "password": {demo.Password}}, http.StatusOK)
	id := strings.TrimPrefix(href, "/en/files/")
	if resp := stranger.Get("/staff/files/" + id); resp.StatusCode == http.StatusOK {
		t.Error("an official opens the file of a draft")
	}
	portal.Kill() // what a stop would tidy up stays
	sealed := 0
	for name, b := range files(t, data) {
		if strings.Contains(name, "files/") {
			sealed++
		}
		for what, planted := range map[string]string{"content": "qzxplanqv", "name": "qzxnameqv"} {
			if bytes.Contains(b, []byte(planted)) {
				t.Errorf("the %s stands in %s", what, name)
			}
		}
	}
	if sealed == 0 || bytes.Contains([]byte(portal.Log()), []byte("qzx")) {
		t.Errorf("%d sealed blobs are in the data folder, or the log names the file", sealed)
	}
}

// firstFiles answers the first page of a new dewatering application, so that
// there is a draft, and returns the address of a question for files.
func firstFiles(t *testing.T, b *testkit.Browser) string {
	t.Helper()
	at := func(page string) string { return "/en/services/dewatering-permit/apply/" + page + "?variant=new" }
	form := b.Page(at("applicant"), http.StatusOK).One("main form[method=post]:not([data-upload])")
	given := form.Values()
	given.Set("identity-number", "A204060")
	given.Set("phone", "+9607771234")
	given.Set("applicant", "person")
	b.Submit(form.Attr("action"), given, http.StatusOK)
	return at("water-test")
}
