package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// planted are values that nothing else holds, by where they are entered.
var planted = map[string]string{
	"e-mail address":          "qzxmailqv7",
	"name":                    "Qzxnameqv Ibrahim",
	"identity number":         "Q739164",
	"address":                 "Qzxhouseqv",
	"birth date":              "1931-07-29",
	"new password":            "qzxpasswordqv sesame",
	"phone of an application": "9607391648",
	"road":                    "Qzxroadqv Magu",
	"section":                 "Qzxsectionqv",
	"remarks":                 "Qzxremarksqv",
	"browser":                 "qzxbrowserqv",
	"wrong password":          "qzxwrongqv sesame",
	"unknown contact":         "qzxnobodyqv",
	"answer that is wrong":    "qzxhoursqv",
	"query":                   "qzxqueryqv",
	"path":                    "qzxpathqv",
	"header":                  "qzxheaderqv",
	"field that nobody asked": "qzxfieldqv",
	"forged cookie":           "qzxcookieqv",
	"text no page accepts":    "qzxoverrideqv",
}

// TestO9_PlantedValuesAreNowhereInClear enters a value in every place where
// people can and searches all that the program wrote: the database (files and
// rows), the published log and its own log.
func TestO9_PlantedValuesAreNowhereInClear(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			args := []string{filepath.Join(testkit.Root(), "instances", "onegov"), "--demo", "--data", data, "--keys", filepath.Join(t.TempDir(), "keys")}
			address := "file:" + filepath.Join(data, "portico.db")
			if engine == db.Postgres {
				address = testkit.Address(t, engine)
				args = append(args, "--database", address)
			}
			p := testkit.Serve(t, args...)
			plant(t, p)
			p.Kill() // what a stop would tidy up stays

			written := files(t, data)
			if engine == db.SQLite && len(written["portico.db-wal"]) == 0 {
				t.Error("there is no write-ahead log to search")
			}
			written["standard error"] = []byte(p.Log())
			store := testkit.Open(t, address)
			maps.Copy(written, rows(t, store))
			for place, content := range written {
				for what, value := range planted {
					for encoding, form := range encodings(value) {
						if bytes.Contains(content, []byte(form)) {
							t.Errorf("the %s stands in %s (%s)", what, place, encoding)
						}
					}
				}
			}

			// The search finds what is there.
			leak(t, store)
			written = files(t, data)
			maps.Copy(written, rows(t, store))
			for encoding, form := range encodings(planted["name"]) {
				found := slices.ContainsFunc(slices.Collect(maps.Values(written)), func(b []byte) bool { return bytes.Contains(b, []byte(form)) })
				if leaked := strings.HasPrefix(encoding, "base64") || encoding == "plain" || encoding == "hex"; leaked && !found {
					t.Errorf("a leak as %s is not found", encoding)
				}
			}
		})
	}
}

// plant enters the values as a citizen and an official would.
func plant(t *testing.T, p *testkit.Program) {
	t.Helper()
	v := planted
	b := p.Browse()
	mail := v["e-mail address"] + "@demo.example"
	b.Submit("/en/register", url.Values{"contact": {mail}}, http.StatusOK)
	b.Submit("/en/register/code", url.Values{"code": {caught(t, b, mail)}}, http.StatusOK)
	b.Submit("/en/register/details", url.Values{
		"name": {v["name"]}, "birth-date-day": {"29"}, "birth-date-month": {"7"}, "birth-date-year": {"1931"},
		"identity-number": {v["identity number"]}, "address": {v["address"] + "\nFuvahmulah"},
	}, http.StatusOK)
	b.Submit("/en/register/password", url.Values{"password": {v["new password"]}}, http.StatusOK)

	given := answers()
	given.Set("name", v["name"])
	given.Set("identity-number", v["identity number"])
	given.Set("phone", "+"+v["phone of an application"])
	given.Set("email", mail)
	given.Set("road", v["road"])
	given.Set("section", v["section"])
	wrong := url.Values{"hours": {v["answer that is wrong"]}, "road": {v["road"]}, "section": {v["section"]}}
	b.Submit("/en/services/road-permit/apply/work", wrong, http.StatusUnprocessableEntity)
	given.Set("hours", "9")
	id := apply(t, b, given)

	official := p.Browse()
	official.Submit("/staff/sign-in", url.Values{"email": {p.Person("permit-officer")}, "password": {demo.Password}}, http.StatusOK)
	act := func(name string, with url.Values) {
		sent := official.Page("/staff/cases/"+id, http.StatusOK).One("main form[method=post]").Values()
		maps.Copy(sent, with)
		sent.Set("action", name)
		official.Submit("/staff/cases/"+id, sent, http.StatusOK)
	}
	act("take", nil)
	act("refuse", url.Values{"remarks": {v["remarks"]}})
	if page := b.Page("/en/cabinet/applications/"+id, http.StatusOK); !strings.Contains(page.One("main").Text(), v["remarks"]) {
		t.Error("the remarks do not reach the person")
	}
	if page := b.Page("/en/cabinet/data", http.StatusOK); !strings.Contains(page.One("main").Text(), v["name"]) {
		t.Error("the name was not stored")
	}

	stranger := p.Browse()
	stranger.Submit("/en/sign-in", url.Values{"contact": {mail}, "password": {v["wrong password"]}}, http.StatusUnprocessableEntity)
	stranger.Submit("/en/sign-in", url.Values{"contact": {v["unknown contact"] + "@demo.example"}, "password": {v["wrong password"]}}, http.StatusUnprocessableEntity)
	stranger.Get("/en/services?q=" + v["query"])
	stranger.Get("/en/" + v["path"])
	stranger.Get("/en/services/" + v["path"])
	stranger.Post("/en/register", url.Values{"contact": {v["text no page accepts"] + "\u202e@demo.example"}})
	stranger.Post("/en/register", url.Values{v["field that nobody asked"]: {v["field that nobody asked"]}})
	r := stranger.Request(http.MethodGet, "/en/cabinet/", nil)
	r.Header.Set("X-Request-Id", v["header"])
	r.Header.Set("X-Forwarded-For", v["header"])
	r.Header.Set("User-Agent", v["browser"])
	r.Header.Set("Cookie", "session="+v["forged cookie"])
	stranger.Do(r)
	r = b.Request(http.MethodPost, "/en/sign-in", strings.NewReader(url.Values{"contact": {mail}, "password": {v["new password"]}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", v["browser"])
	if resp := b.Do(r); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("signing in again answers %d", resp.StatusCode)
	}
}

// caught is the newest code that a demo caught for an address.
func caught(t testing.TB, b *testkit.Browser, to string) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		for card := range b.Page("/demo/mail", http.StatusOK).Find("main section").All() {
			if text := card.Text(); strings.Contains(text, to) {
				if code := sixFigures.FindString(text); code != "" {
					return code
				}
			}
		}
	}
	t.Fatalf("no code came for %s", to)
	return ""
}

// encodings are the forms of a value to look for, by name. Base64 has three of
// them, by where in a longer text the value begins; what its neighbours would
// change is left out.
func encodings(value string) map[string]string {
	raw := []byte(value)
	out := map[string]string{
		"plain": value, "hex": hex.EncodeToString(raw), "capital hex": strings.ToUpper(hex.EncodeToString(raw)),
		"escaped": url.QueryEscape(value), "lower case": strings.ToLower(value),
	}
	for before := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), raw...))
		from, to := (before*8+5)/6, (before+len(raw))*8/6
		out[fmt.Sprintf("base64 %d", before)] = text[from:to]
		out[fmt.Sprintf("base64 url %d", before)] = strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to])
	}
	return out
}

var bytea = regexp.MustCompile(`\\x([0-9a-f]+)`)

// rows is every row of every table as text, by table; what PostgreSQL shows of
// bytes stands behind it as it is.
func rows(t testing.TB, d *db.DB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := d.View(t.Context(), func(tx *db.Tx) error {
		var tables []string
		list := "SELECT name FROM sqlite_schema WHERE type = 'table'"
		if tx.Engine() == db.Postgres {
			list = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
		}
		if err := tx.Select(func(r *db.Rows) error {
			var name string
			err := r.Scan(&name)
			tables = append(tables, name)
			return err
		}, list); err != nil {
			return err
		}
		if len(tables) < 15 {
			return fmt.Errorf("there are %d tables to search, only", len(tables))
		}
		if tx.Engine() == db.SQLite {
			return nil // its files hold all rows
		}
		for _, table := range tables {
			var b bytes.Buffer
			err := tx.Select(func(r *db.Rows) error {
				var row string
				err := r.Scan(&row)
				b.WriteString(row + "\n")
				for _, m := range bytea.FindAllStringSubmatch(row, -1) {
					raw, _ := hex.DecodeString(m[1])
					b.Write(raw)
				}
				return err
			}, "SELECT r::text FROM "+table+" AS r")
			if err != nil {
				return err
			}
			out["table "+table] = b.Bytes()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// leak writes a planted value where it must not be, in each encoding.
func leak(t testing.TB, d *db.DB) {
	t.Helper()
	name := planted["name"]
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec("CREATE TABLE leak (text TEXT, bytes BYTEA)"); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO leak (text, bytes) VALUES ($1, $2)", hex.EncodeToString([]byte(name)), []byte("a "+name+" b"))
		for before := range 3 {
			if err == nil {
				raw := append(bytes.Repeat([]byte{'x'}, before), name+" and more"...)
				_, err = tx.Exec("INSERT INTO leak (text, bytes) VALUES ($1, $2)", base64.StdEncoding.EncodeToString(raw), []byte(base64.URLEncoding.EncodeToString(raw)))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
