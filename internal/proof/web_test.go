package proof_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
	"portico/internal/proof"
	"portico/internal/testkit"
)

// sessions are who is signed in, by token.
type sessions map[string]*web.Session

func (s sessions) Session(_ context.Context, token, _ string) (*web.Session, error) {
	return s[token], nil
}

// site serves a board in both languages.
func site(t *testing.T, b *board, p *policy.Policy) (*proof.Site, *web.Router) {
	t.Helper()
	cat, err := i18n.Load(web.Locales(), proof.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#f2b632")
	if err != nil {
		t.Fatal(err)
	}
	portal := &web.Portal{Name: i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}, Operator: i18n.Text{"en": "Agency", "dv": "އެޖެންސީ"}, Brand: brand, Zone: time.UTC}
	cfg := web.Config{
		Langs: []string{"en", "dv"}, Portal: func() *web.Portal { return portal },
		Sessions: sessions{
			"administrator": {ID: "s1", Subject: "a", Realm: web.RealmStaff, Roles: []string{"administrator"}, Strong: true},
			"officer":       {ID: "s2", Subject: "o", Realm: web.RealmStaff, Roles: []string{"permit-officer"}, Strong: true},
		},
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.StaffCookie, Class: web.Necessary}} },
		Clock:   b.clock, Log: slog.New(slog.DiscardHandler), Catalogue: cat,
	}
	r, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &proof.Site{Board: b.Board, Vkey: "onegov+00000000+KEY", Policy: func() *policy.Policy { return p }}
	s.Mount(r)
	return s, r
}

// ask sends a request as a browser on this machine does, as an official or nobody.
func ask(r http.Handler, method, path, who string) *http.Response {
	req := httptest.NewRequest(method, "http://localhost"+path, nil)
	req.RemoteAddr = "127.0.0.1:40000"
	req.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if who != "" {
		req.AddCookie(&http.Cookie{Name: web.StaffCookie, Value: who})
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Result()
}

func TestEverySentenceExistsInBothLanguages(t *testing.T) {
	cat, err := i18n.Load(proof.Locales())
	if err != nil {
		t.Fatal(err)
	}
	if missing := i18n.Missing(cat, "en", "dv"); len(missing) > 0 {
		t.Errorf("missing: %v", missing)
	}
	code := regexp.MustCompile(`e\.(?:note\(|(?:risk|broken)\((?:Reason[A-Za-z]+|"[a-z0-9-]+"), )"([a-z0-9-]+)"`)
	reason := regexp.MustCompile(`e\.(?:risk|broken)\("([a-z0-9-]+)"|Reason[A-Za-z]+ += "([a-z0-9-]+)"`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllStringSubmatch(string(b), -1) {
			found++
			if key := "proof.evidence." + m[1]; !cat.Has("en", key) {
				t.Errorf("%s: there is no sentence %s", f.Name(), key)
			}
		}
		for _, m := range reason.FindAllStringSubmatch(string(b), -1) {
			found++
			if key := "proof.reason." + m[1] + m[2]; !cat.Has("en", key) {
				t.Errorf("%s: there is no sentence %s", f.Name(), key)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d codes were found: the expressions no longer fit the source", found)
	}
}

func TestThePublicPageShowsStatusSinceWhenAndWhatIsNotCovered(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		p := policytest.Compile(t)
		text := i18n.Text{"en": "Data is encrypted.", "dv": "މަޢުލޫމާތު އެންކްރިޕްޓްކުރެވިފައި."}
		b := newBoard(t, d, policy.Promise{Control: "look", Text: text, DoesNotCover: i18n.Text{"en": "The screen.", "dv": "ސްކްރީން."}}, false, nil)
		_, r := site(t, b, p)

		page := testkit.Page(t, ask(r, "GET", "/en/privacy/proof", ""))
		if got := page.One(".nothing").Text(); !strings.Contains(got, "not been examined yet") {
			t.Errorf("before the first examination the page says %q", got)
		}
		b.is(t, proof.Kept, proof.ReasonExamined)
		page = testkit.Page(t, ask(r, "GET", "/en/privacy/proof", ""))
		item := page.One("#it")
		if got := item.One(".tag.k-good").Text(); got != "Kept" {
			t.Errorf("the status is %q", got)
		}
		for _, want := range []string{"Data is encrypted.", "What it does not cover: The screen.", "Since: 22 November 2026"} {
			if got := item.Text(); !strings.Contains(got, want) {
				t.Errorf("the promise says %q, without %q", got, want)
			}
		}
		if got := page.One("#log-key").Text(); got != "onegov+00000000+KEY" {
			t.Errorf("the verifier key is %q", got)
		}
		if page.Find(`a[href="/audit/checkpoint"]`).Len() != 1 {
			t.Error("no link to the log")
		}
		if strings.Contains(page.One("main").Text(), "copy of the data was put back") {
			t.Error("it tells of a restore, and there was none")
		}
		b.find = func() proof.Finding {
			return proof.Finding{Status: proof.Kept, Reason: proof.ReasonExamined, Evidence: []proof.Line{{Code: "lost", Args: []any{"n", 395, "date", b.clock.Now()}}}}
		}
		b.is(t, proof.Kept, proof.ReasonExamined)
		if got := testkit.Page(t, ask(r, "GET", "/en/privacy/proof", "")).One("main").Text(); !strings.Contains(got, "put back on 22 November 2026. It did not hold the records of 395 entries") {
			t.Errorf("what a restore lost is not said (I16): %s", got)
		}
		b.find = func() proof.Finding {
			return proof.Finding{Status: proof.Broken, Reason: "plaintext", Evidence: []proof.Line{{Code: "plaintext", Args: []any{"column", "vault_value.sealed", "n", 1}}}}
		}
		b.is(t, proof.Broken, "plaintext")
		page = testkit.Page(t, ask(r, "GET", "/dv/privacy/proof", ""))
		if page.One("html").Attr("dir") != "rtl" || page.Find("#it .tag.k-bad").Len() != 1 {
			t.Error("the Dhivehi page is not right to left, or does not show the promise as broken")
		}
		body, err := io.ReadAll(ask(r, "GET", "/en/privacy/proof", "").Body)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(body), "vault_value") {
			t.Error("the public page shows evidence in detail")
		}
	}, proof.Migrations())
}

func TestEvidenceIsForStaffWhoSeeOperations(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, d *db.DB) {
		b := newBoard(t, d, policy.Promise{Control: "look", Text: i18n.Text{"en": "It.", "dv": "އެއީ."}}, false, nil)
		b.find = func() proof.Finding {
			return proof.Finding{Status: proof.Broken, Reason: "plaintext", Evidence: []proof.Line{{Code: "plaintext", Args: []any{"column", "vault_value.sealed", "n", 1}}}}
		}
		_, r := site(t, b, policytest.Compile(t))
		if got := ask(r, "GET", "/staff/proof", "").StatusCode; got != http.StatusSeeOther {
			t.Errorf("without signing in the answer is %d", got)
		}
		for _, method := range []string{"GET", "POST"} {
			if got := ask(r, method, "/staff/proof", "officer").StatusCode; got != http.StatusForbidden {
				t.Errorf("%s by an official who does not see operations: %d", method, got)
			}
		}
		if !b.Latest().At.IsZero() {
			t.Error("an official who does not see operations had the promises examined")
		}
		resp := ask(r, "POST", "/staff/proof", "administrator")
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("examine now: %d", resp.StatusCode)
		}
		page := testkit.Page(t, ask(r, "GET", resp.Header.Get("Location"), "administrator"))
		if got := page.One("#it").Text(); !strings.Contains(got, "Values of vault_value.sealed that can be read as they stand: 1") {
			t.Errorf("the evidence is not shown: %q", got)
		}
		if page.Find(".notice.k-good").Len() != 1 {
			t.Error("nothing says that the promises were examined")
		}
		rows := page.Find("table.grid tbody tr").Texts()
		if len(rows) != 1 || !strings.Contains(rows[0], "Key management") || !strings.Contains(rows[0], "On time") {
			t.Errorf("the measures are %q", rows)
		}
		b.clock.Advance(400 * 24 * time.Hour)
		rows = testkit.Page(t, ask(r, "GET", "/staff/proof", "administrator")).Find("table.grid tbody tr").Texts()
		if !slices.ContainsFunc(rows, func(s string) bool { return strings.Contains(s, "Overdue") }) {
			t.Errorf("O20: a measure whose review is overdue is shown as %q", rows)
		}
	}, proof.Migrations())
}
