package app_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// canary is a word that somebody puts wherever people and officials can write,
// and where it is read.
type canary struct {
	word  string
	pages []string // that show it
	file  string   // that has it
}

// sends fills the form of a page in and sends it with one of its buttons, and
// returns where it leads.
func sends(t *testing.T, b *testkit.Browser, path, do string, given url.Values) string {
	t.Helper()
	form := b.Page(path, http.StatusOK).One(`main form[method="post"]:not(.search)`)
	sent := form.Values()
	for name, v := range given {
		sent[name] = v
	}
	if do != "" {
		sent.Set("do", do)
	}
	action := form.Attr("action")
	if action == "" {
		action = path
	}
	resp := b.Post(action, sent)
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s %s is answered with %d: %s", path, do, resp.StatusCode, testkit.Page(t, resp).One("main").Text())
	}
	to, _, _ := strings.Cut(resp.Header.Get("Location"), "?")
	return to
}

// desk signs an official in.
func (k *keeper) desk(role string) *testkit.Browser {
	b := k.program.Browse()
	b.Submit("/staff/sign-in", url.Values{"email": {k.program.Person(role)}, "password": {demo.Password}}, http.StatusOK)
	return b
}

// plants has somebody write a word into their details, an application, a draft,
// a document, a permit, a question and a complaint, and officials into a decision,
// which is a letter too, and their answers; and has them told of all that.
func (k *keeper) plants(b *testkit.Browser, word string) *canary {
	t := k.t
	t.Helper()
	c := &canary{word: word}
	application, file := plantOf(t, b, word)
	c.file = file
	for _, address := range []string{"Once " + word, word + "\nFuvahmulah"} { // the former one stays until they go
		sends(t, b, "/en/cabinet/settings/details", "", url.Values{"address": {address}})
	}
	sends(t, b, application+"/change", "", url.Values{"section": {"Now " + word}})
	question := sends(t, b, "/en/help/ask", "send", url.Values{"kind": {"question"}, "text": {"Where is " + word + "?"}})
	complaint := sends(t, b, "/en/cabinet/rights/complain", "send", url.Values{"text": {"About " + word}})

	officer := k.desk("permit-officer")
	at := "/staff/cases/" + application[strings.LastIndex(application, "/")+1:]
	for _, act := range []string{"take", "refuse"} {
		sent := officer.Page(at, http.StatusOK).One("main form[method=post]").Values()
		sent.Set("action", act)
		sent.Set("remarks", "Not in "+word)
		officer.Submit(at, sent, http.StatusOK)
	}
	for role, desk := range map[string]string{"contact-officer": "/staff/requests/", "privacy-officer": "/staff/rights/"} {
		asked, answer := question, url.Values{"do": {"answer"}, "text": {"Beside " + word}}
		if role == "privacy-officer" {
			asked, answer = complaint, url.Values{"do": {"decide"}, "item-1": {"granted"}, "text": {"Beside " + word}}
		}
		official, at := k.desk(role), desk+asked[strings.LastIndex(asked, "/")+1:]
		official.Submit(at, url.Values{"do": {"take"}}, http.StatusOK)
		official.Submit(at, answer, http.StatusOK)
	}
	c.pages = []string{application, application + "/letter", k.issues(b, officer, word), "/en/cabinet/data", question, complaint}
	return c
}

// issues has somebody apply for a permit with a word of theirs, an official
// approve it and the fee paid, and returns where the permit is.
func (k *keeper) issues(b, officer *testkit.Browser, word string) (permit string) {
	t := k.t
	t.Helper()
	given := answers()
	given.Set("section", word)
	id := apply(t, b, given)
	at := "/staff/cases/" + id
	pushes(t, officer, pushes(t, officer, officer.Page(at, http.StatusOK), "take", nil), "approve", nil)
	form := b.Page(b.Get("/en/cabinet/applications/"+id+"/pay").Header.Get("Location"), http.StatusOK).One(`main form:has(button[value=pay])`)
	sent := form.Values()
	sent.Set("action", "pay")
	_, out, leaves := strings.Cut(b.Post(form.Attr("action"), sent).Header.Get("Refresh"), "url=")
	if !leaves {
		t.Fatal("nothing leads to the provider")
	}
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).PostForm(out, url.Values{"how": {"pay"}})
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("paying is answered with %v, %v", resp, err)
	}
	b.Follow(b.Get(form.Attr("action") + "/back"))
	permit = until(t, b, "/en/cabinet/applications/"+id, "Issued").One(`main a[href^="/en/cabinet/documents/"]`).Attr("href")
	if paper, err := io.ReadAll(b.Get(permit + "/pdf").Body); err != nil || !bytes.HasPrefix(paper, []byte("%PDF")) {
		t.Errorf("the permit on paper is %.40q, %v", paper, err)
	}
	until(t, b, "/en/cabinet/notices", "received") // the fee, and that they are told
	return permit
}

// reads fails unless its person reads the word wherever it is.
func (c *canary) reads(t *testing.T, b *testkit.Browser) {
	t.Helper()
	for _, path := range c.pages {
		if page := b.Page(path, http.StatusOK); !strings.Contains(page.One("main").Text(), c.word) {
			t.Errorf("%s does not show what was written there: %s", path, page.One("main").Text())
		}
	}
	if got, err := io.ReadAll(b.Get(c.file).Body); err != nil || !bytes.Equal(got, testkit.PDF(c.word)) {
		t.Errorf("a file comes back as %d bytes, %v", len(got), err)
	}
}

// erases has somebody ask for everything that can be erased, an official grant
// it, and waits until what is left of it is swept.
func (k *keeper) erases(b *testkit.Browser) {
	t := k.t
	t.Helper()
	items := url.Values{"text": {"I go."}}
	for box := range b.Page("/en/cabinet/rights/delete", http.StatusOK).Find(`main input[name="items"]`).All() {
		items.Add("items", box.Attr("value"))
	}
	if len(items["items"]) < 3 {
		t.Fatalf("there is %q to be erased", items["items"])
	}
	request := sends(t, b, "/en/cabinet/rights/delete", "send", items)
	officer, at := k.desk("privacy-officer"), "/staff/rights/"+request[strings.LastIndex(request, "/")+1:]
	officer.Submit(at, url.Values{"do": {"take"}}, http.StatusOK)
	granted := url.Values{"do": {"decide"}, "text": {"It goes."}}
	for field := range officer.Page(at, http.StatusOK).Find(`main input[name^="item-"][value="granted"]`).All() {
		granted.Set(field.Attr("name"), "granted")
	}
	officer.Submit(at, granted, http.StatusOK)
	d := testkit.Open(t, k.address)
	for end := time.Now().Add(time.Minute); ; <-time.After(50 * time.Millisecond) {
		var open, closed int64
		if err := d.View(t.Context(), func(tx *db.Tx) error {
			if err := tx.QueryRow(`SELECT count(*) FROM retention_sweep WHERE done_at IS NULL`).Scan(&open); err != nil {
				return err
			}
			return tx.QueryRow(`SELECT count(*) FROM retention_item WHERE kind = 'account'`).Scan(&closed)
		}); err != nil {
			t.Fatal(err)
		}
		if open == 0 && closed == 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after a minute %d sweeps are open, %d accounts are gone", open, closed)
		}
	}
}

// nowhere searches what the store and the program wrote for the words.
func (k *keeper) nowhere(log string) {
	k.t.Helper()
	written := files(k.t, k.at("data"))
	if k.engine == db.SQLite && len(written["portico.db-wal"]) == 0 {
		k.t.Error("there is no write-ahead log to search")
	}
	written["standard error"] = []byte(log)
	maps.Copy(written, rows(k.t, testkit.Open(k.t, k.address)))
	for name, content := range written {
		for _, word := range []string{"qzxerasedqv", "qzxwholeqv"} {
			for encoding, form := range encodings(word) {
				if bytes.Contains(content, []byte(form)) {
					k.t.Errorf("a planted word stands in %s (%s)", name, encoding)
				}
			}
		}
	}
}
