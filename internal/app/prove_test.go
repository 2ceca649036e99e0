package app_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"portico/internal/testkit"
)

// attested is a copy of onegov as its operator keeps it: somebody gave the
// attestations, no review is overdue, and there are news.
func attested(t *testing.T) string {
	t.Helper()
	dir := onegov(t)
	name := filepath.Join(dir, "policy", "promises.yaml")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	year := time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	text := strings.ReplaceAll(string(b), "      sample: true\n", "")
	for _, day := range []string{"until: ", "next-review: "} {
		before := text
		if text = regexp.MustCompile(day+`\S+`).ReplaceAllString(text, day+year); text == before {
			t.Fatalf("there is no %sto replace", day)
		}
	}
	write(t, name, text)
	write(t, filepath.Join(dir, "news", "today.yaml"), "date: "+time.Now().Format(time.DateOnly)+"\ntitle: {en: Today, dv: މިއަދު}\ntext: {en: It is open., dv: ހުޅުވިއްޖެ}\n")
	return dir
}

// freePort is one of this machine that nothing listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it only found the port
	return l.Addr().(*net.TCPAddr).Port
}

func TestO16_O18_OutsideADemoOverTLSNothingIsBrokenAndNoMoreThanO7AndO14AreNotYetKept(t *testing.T) {
	cert, key, roots := certificate(t)
	t.Setenv("SSL_CERT_FILE", cert)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	post := mailing(t, &tls.Config{Certificates: []tls.Certificate{pair}})
	dir := attested(t)
	t.Setenv("ONEGOV_USER", "portal")
	t.Setenv("ONEGOV_SECRET", "mail-secret")
	t.Setenv("ONEGOV_TOKEN", "a-token-that-signs-too")
	write(t, filepath.Join(dir, "environment.yaml"), fmt.Sprintf(`address: https://one.gov.mv
tls: {certificate: "file:%s", key: "file:%s"}
mail: {host: localhost, port: %d, from: no-reply@one.gov.mv, username: "env:ONEGOV_USER", password: "env:ONEGOV_SECRET"}
inbound: {listen: "127.0.0.1:%d", address: help@one.gov.mv}
sms: {url: "https://sms.one.gov.mv/v1/messages", from: ONEGOV, token: "env:ONEGOV_TOKEN"}
%s`, cert, key, post.port, freePort(t), taking("env:ONEGOV_TOKEN")))
	store := folders(t)
	p := testkit.Serve(t, append([]string{dir}, store...)...)
	admin := testkit.BrowseTLS(t, p.URL, roots)
	enrol(t, admin, p.Said("first administrator"), url.Values{"name": {"Hawwa Ibrahim"}, "email": {"hawwa@one.gov.mv"}, "password": {password}})
	admin.Submit("/staff/invite", url.Values{"name": {"Ahmed Shareef"}, "email": {"ahmed@one.gov.mv"}, "roles": {"helpline"}}, http.StatusOK)
	official := admin.Another()
	second := enrol(t, official, post.wait(t, "ahmed@one.gov.mv"), url.Values{"password": {password}})
	official.Submit("/staff/sign-in", url.Values{"email": {"ahmed@one.gov.mv"}, "password": {password}}, http.StatusOK).One("input[name=code]")
	official.Submit("/staff/sign-in/code", url.Values{"code": {code(t, second, 1)}}, http.StatusOK)
	written := official.Page("/staff/requests/new", http.StatusOK)
	for _, channel := range []string{"phone/helpline", "social/instagram", "social/facebook", "social/twitter", "social/tiktok", "letter", "desk"} {
		if !written.Has(`input[name=source][value="` + channel + `"]`) {
			t.Errorf("what comes by %s cannot be written down", channel)
		}
	}
	press(t, official, written, url.Values{"do": {"send"}, "source": {"social/tiktok"}, "kind": {"question"}, "text": {"When does it open?"}})
	citizen := admin.Another()
	citizen.Submit("/en/register", url.Values{"contact": {"aishath@example.org"}}, http.StatusOK)
	citizen.Submit("/en/register/code", url.Values{"code": {sixFigures.FindString(post.wait(t, "aishath@example.org"))}}, http.StatusOK)
	citizen.Submit("/en/register/details", aperson(), http.StatusOK)
	citizen.Submit("/en/register/password", url.Values{"password": {password}}, http.StatusOK)

	out, err := exec.CommandContext(t.Context(), testkit.Binary(t), append([]string{"prove", dir}, store...)...).CombinedOutput()
	if err != nil {
		t.Errorf("prove ends with %v", err)
	}
	status := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 1 && line[0] != ' ' && line[0] != '\t' {
			if status[f[0]] = f[1]; f[1] == "broken" || f[1] == "not-yet-kept" && f[0] != "retention" && f[0] != "requests" {
				t.Errorf("%s is %s", f[0], f[1])
			}
		}
	}
	for _, promise := range []string{"reachable", "services-described", "announced", "cookies", "newest-version", "answers"} {
		if status[promise] != "kept" {
			t.Errorf("%s is %q:\n%s", promise, status[promise], out)
		}
	}
	if status["helpline-trained"] != "attested" || !strings.Contains(string(out), "By tiktok, requests that wait for their answer: 1") {
		t.Errorf("prove says:\n%s", out)
	}

	p.Stop() // the running portal examines at its start, and sees how it is reached
	p.Start()
	visitor := testkit.BrowseTLS(t, p.URL, roots)
	for end := time.Now().Add(time.Minute); ; {
		page := visitor.Page("/en/privacy/proof", http.StatusOK)
		if !page.Has("#reachable") && time.Now().Before(end) {
			<-time.After(20 * time.Millisecond)
			continue
		}
		for id, want := range map[string]string{
			"reachable": "Kept", "services-described": "Kept", "encryption-in-transit": "Kept", "need-to-know": "Kept", "training": "Attested",
		} {
			if said := page.One("#" + id).Text(); !strings.Contains(said, want) {
				t.Errorf("%s is not shown as %q: %s", id, want, said)
			}
		}
		break
	}
}
