package app

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"portico/internal/demo"
	"portico/internal/testkit"
	"portico/internal/testkit/chromium"
)

// serveDemo serves the national portal as `make run` does, with an empty store;
// or a copy of it in a folder.
func serveDemo(t *testing.T, copied ...string) *testkit.Program {
	t.Helper()
	dir := t.TempDir()
	return testkit.Serve(t, append(copied, filepath.Join(testkit.Root(), "instances/onegov"))[0], "--demo",
		"--data", filepath.Join(dir, "data"), "--keys", filepath.Join(dir, "keys"))
}

// pictures is where `make pictures` has the walks write what the README shows.
var pictures = flag.String("pictures", "", "folder to write the README's pictures into")

// walk is one way through the portal: a person at a browser, in a language.
type walk struct {
	t        *testing.T
	portal   *testkit.Program
	browser  *chromium.Chromium
	tab      *chromium.Tab
	lang     string
	keyboard bool
	keeps    []string // pictures that this walk takes
}

// keep takes a picture of what the window shows, if this walk takes that one.
func (w *walk) keep(name string) {
	w.t.Helper()
	if *pictures != "" && slices.Contains(w.keeps, name) {
		w.tab.View(filepath.Join(*pictures, name+".png"), 760)
	}
}

func (w *walk) open(path string) {
	w.t.Helper()
	w.tab.Open(w.portal.URL + path)
	w.tab.Judge()
}

// fill types text into a field, in place of what it holds.
func (w *walk) fill(name, text string) {
	w.t.Helper()
	if !w.keyboard {
		w.tab.Type(name, text)
		return
	}
	w.tab.Reach(fmt.Sprintf("[name=%q]", name)) // which selects what the field holds
	w.tab.Keys(text)
}

// time fills in a field for the time of day.
func (w *walk) time(name, clock, keys string) {
	w.t.Helper()
	if !w.keyboard {
		w.tab.Set(name, clock)
		return
	}
	w.tab.Reach(fmt.Sprintf("[name=%q]", name))
	w.tab.Keys(keys)
	if got := chromium.Value[string](w.tab, fmt.Sprintf("document.querySelector('[name=%q]').value", name)); got != clock {
		w.t.Fatalf("the keys %q give the time %q", keys, got)
	}
}

// choose picks an answer.
func (w *walk) choose(name, value string) {
	w.t.Helper()
	if !w.keyboard {
		w.tab.Choose(name, value)
		return
	}
	w.tab.Reach(fmt.Sprintf("[name=%q]", name))
	w.tab.Keys(" ")
	for range 10 {
		if chromium.Value[string](w.tab, "document.activeElement.value") == value {
			return
		}
		w.tab.Keys(kb.ArrowDown)
	}
	w.t.Fatalf("the keys do not reach the answer %s of %s", value, name)
}

// press follows a link or presses a button, and judges where it leads.
func (w *walk) press(selector string) {
	w.t.Helper()
	if w.keyboard {
		w.tab.Reach(selector)
		w.tab.Enter()
	} else {
		w.tab.Press(selector)
	}
	w.tab.Judge()
}

// send presses the main button of the page.
func (w *walk) send() { w.t.Helper(); w.press("main form:not(.search) button.primary") }

// at fails unless the tab shows the page at path.
func (w *walk) at(path string) {
	w.t.Helper()
	if got := w.tab.Path(); got != path {
		w.t.Fatalf("at %s, not at %s, where it says: %s", got, path, w.tab.Text("main"))
	}
}

// says fails unless the page says words.
func (w *walk) says(words ...string) {
	w.t.Helper()
	text := w.tab.Text("main")
	for _, want := range words {
		if !strings.Contains(text, want) {
			w.t.Errorf("%s does not say %q: %s", w.tab.Path(), want, text)
		}
	}
}

// held fails unless the field holds the text.
func (w *walk) held(name, text string) {
	w.t.Helper()
	if got := chromium.Value[string](w.tab, fmt.Sprintf("document.querySelector('[name=%q]').value", name)); got != text {
		w.t.Errorf("%s: %s holds %q, not the %q that was typed", w.tab.Path(), name, got, text)
	}
}

// refused fails unless the page says what is wrong, first of all with the
// field named: in the title, in a summary that has the focus, and beside it.
func (w *walk) refused(first string) {
	w.t.Helper()
	title := chromium.Value[string](w.tab, "document.title")
	if want := map[string]string{"en": "Error: ", "dv": "ކުށް: "}[w.lang]; !strings.HasPrefix(title, want) {
		w.t.Errorf("%s: the title of a page with errors is %q", w.tab.Path(), title)
	}
	if !chromium.Value[bool](w.tab, fmt.Sprintf(`document.querySelector('.summary a').hash === '#%[1]s' && document.getElementById('%[1]s') !== null && document.querySelector('[aria-invalid=true], .field.wrong') !== null`, first)) {
		w.t.Errorf("%s: the summary does not lead to %s first: %s", w.tab.Path(), first, w.tab.Text(".summary"))
	}
	if !w.tab.Look.NoScript && !chromium.Value[bool](w.tab, `document.activeElement.classList.contains('summary')`) {
		w.t.Errorf("%s: the summary does not have the focus", w.tab.Path())
	}
}

var sixFigures = regexp.MustCompile(`\b\d{6}\b`)

// code is the code that was sent to the address last.
func (w *walk) code(email string) string {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for message := range w.portal.Browse().Page("/demo/mail?lang=en", http.StatusOK).Find("main section").All() {
			if text := message.Text(); strings.Contains(text, email) {
				if code := sixFigures.FindString(text); code != "" {
					return code
				}
			}
		}
	}
	w.t.Fatalf("no code arrives at %s", email)
	return ""
}

// register makes an account from the page of registration on.
func (w *walk) register(email, name, address string) {
	w.t.Helper()
	w.send()
	w.refused("contact")
	w.fill("contact", email)
	w.send()
	w.at("/" + w.lang + "/register/code")
	w.fill("code", w.code(email))
	w.send()
	w.at("/" + w.lang + "/register/details")
	w.fill("name", name)
	w.fill("birth-date-day", "31")
	w.fill("birth-date-month", "2")
	w.fill("birth-date-year", "1991")
	w.fill("identity-number", "A204060")
	w.fill("address", address)
	w.send()
	w.refused("birth-date")
	w.held("name", name)
	w.held("birth-date-year", "1991")
	w.held("identity-number", "A204060")
	w.held("address", address)
	w.fill("birth-date-day", "19")
	w.send()
	w.at("/" + w.lang + "/register/password")
	w.fill("password", "qwertyuiop")
	w.send()
	w.refused("password")
	w.fill("password", "a lagoon at four in the morning")
	w.send()
	w.at("/" + w.lang + "/register/done")
}

// TestThePermitFromStartToProofInABrowser is the whole path on the real
// program: a person registers, applies, is decided upon, sees who used their
// data, and verifies it without the operator. Each language, width, colour
// scheme, with and without scripts, by mouse and by keyboard, goes all of it.
func TestThePermitFromStartToProofInABrowser(t *testing.T) {
	t.Parallel()
	portal, browser := serveDemo(t), chromium.Start(t)
	for i, c := range []struct {
		look          chromium.Look
		keyboard      bool
		name, address string
		remarks       string
		keeps         []string
	}{
		{
			chromium.Look{Width: 1280, Language: "en"}, false,
			"Aishath Rasheedha Abdul Gafoor Didi-Kaleyfaanu of Dhadimagu", "Finifenmaage, third floor\nMedhu Magu, Dhadimagu\nFuvahmulah City 18011", "Leave one lane open.",
			[]string{"start", "check", "case", "access", "proof"},
		},
		{
			chromium.Look{Width: 360, Dark: true, Language: "dv"}, true,
			"އައިޝަތު ރަޝީދާ", "ފިނިވާގެ\nމާލެގަން މަގު\nފުވައްމުލައް ސިޓީ", "އެއް ލޭން ހުޅުވާލައިގެން ގެންގުޅުއްވާށެވެ.",
			[]string{"access-dv"},
		},
		{
			chromium.Look{Width: 360, NoScript: true, Language: "en"}, true,
			"Ibrahim Didi", "Handhuvareege\nFuvahmulah City", "Put the boards up the evening before.",
			nil,
		},
		{
			chromium.Look{Width: 1280, Dark: true, NoScript: true, Language: "dv"}, false,
			"އިބްރާހީމް ދީދީ", "ހަނދުވަރީގެ\nފުވައްމުލައް ސިޓީ", "ބޯޑުތައް ކުރީދުވަހުގެ ހަވީރު ޖައްސަވާށެވެ.",
			[]string{"service-dv"},
		},
	} {
		name := c.look.Language + "-" + c.look.String()
		if c.keyboard {
			name += "-keyboard"
		}
		t.Run(name, func(t *testing.T) {
			w := &walk{t: t, portal: portal, browser: browser, tab: browser.Tab(t, c.look), lang: c.look.Language, keyboard: c.keyboard, keeps: c.keeps}
			home := "/" + w.lang + "/"
			w.open("/")
			w.at(home)
			w.keep("start")
			w.press("main .item-title")
			w.at(home + "services/road-permit")
			w.keep("service-dv")
			w.press("main a.button.primary") // leads to signing in, and back to where it led
			w.at(home + "sign-in")
			w.press(`main a[href*="/register"]`)
			email := "walk" + strconv.Itoa(i) + "@demo.example"
			w.register(email, c.name, c.address)
			w.press("main a.button.primary")

			reference := w.apply(c.name, email, func() { w.keep("check") })
			w.press(`main a[href*="/cabinet/applications/"]`)
			w.says(reference)
			w.open(home + "cabinet/applications")
			w.says(reference)

			w.decide(c.look, reference, c.remarks)

			w.press(`main table a[href*="/cabinet/applications/"]`)
			w.says(c.remarks, "960")
			w.pays()
			w.press(`main a[href*="/cabinet/applications/"]`)
			w.says(c.remarks, map[string]string{"en": "Issued", "dv": "ދޫކޮށްފި"}[w.lang])
			if chromium.Value[bool](w.tab, `document.querySelector('main a[href$="/pay"]') !== null`) {
				t.Error("what is issued can be paid again")
			}
			w.press(`main a[href*="/cabinet/access?case="]`)
			w.says(reference)
			w.keep("access")
			w.keep("access-dv")
			record := w.tab.Download(`main .item:has(.hint a[href$=".json"]) .hint a[href$=".json"]`)
			w.verify(record)
		})
	}
}

// apply answers the questions of the road permit, checks, declares and sends
// them, and returns the reference. It calls checked where the answers stand
// to be checked.
func (w *walk) apply(name, email string, checked func()) string {
	w.t.Helper()
	ask := "/" + w.lang + "/services/road-permit/apply"
	w.at(ask + "/applicant")
	w.held("name", name)
	w.held("email", email)
	w.send() // nothing answered yet
	w.refused("applicant")
	w.held("name", name)
	w.choose("applicant", "person")
	w.fill("identity-number", "A204060")
	w.fill("phone", "7771234")
	w.send()
	w.at(ask + "/work")
	w.fill("road", "Dhigu Magu")
	w.fill("section", "From the school to the harbour")
	w.choose("kind", "construction")
	start := time.Now().AddDate(0, 0, 30)
	w.fill("start-day", strconv.Itoa(start.Day()))
	w.fill("start-month", strconv.Itoa(int(start.Month())))
	w.fill("start-year", strconv.Itoa(start.Year()))
	w.time("start-time", "09:00", "0900AM")
	w.fill("hours", "0")
	w.fill("boards", "2")
	w.send()
	w.refused("hours")
	w.held("road", "Dhigu Magu")
	w.held("start-time", "09:00")
	w.held("boards", "2")
	w.fill("hours", "9")
	w.send()
	w.at(ask + "/consent")
	w.send() // without the document
	w.refused("file")
	w.upload("consent.pdf")
	w.send()
	w.at(ask + "/check")
	w.says("960", "Dhigu Magu", "consent.pdf")
	w.press(`.fact-action a[href$="#section"]`)
	w.at(ask + "/work")
	w.fill("section", "From the mosque to the harbour")
	w.send()
	w.at(ask + "/check")
	w.says("From the mosque to the harbour")
	checked()
	w.send() // without declaring
	w.refused("_declared")
	w.choose("_declared", "yes")
	w.send()
	return w.sent()
}

// sent is the reference that the confirmation of an application shows.
func (w *walk) sent() string {
	w.t.Helper()
	reference := w.tab.Text(".panel .reference")
	if !strings.HasSuffix(w.tab.Path(), "/sent") || reference == "" {
		w.t.Fatalf("the application is not confirmed: %s", w.tab.Text("main"))
	}
	return reference
}

// upload sends a document from the page that asks for it.
func (w *walk) upload(name string) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), name)
	if err := os.WriteFile(file, testkit.PDF(name), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.tab.Pick("file", file)
	w.press("main form[data-upload] button")
	if got := w.tab.Text(".files .file-name"); got != name {
		w.t.Fatalf("the file %s is shown as %q", name, got)
	}
}

// decide is the official's part: take the case, approve with remarks.
func (w *walk) decide(look chromium.Look, reference, remarks string) {
	w.t.Helper()
	o := w.official(look, "permit-officer", reference)
	o.says("Dhigu Magu", "From the mosque to the harbour", "consent.pdf")
	o.keep("case")
	o.fill("remarks", remarks)
	o.press(`main button[value=approve]`)
}

// official signs an official in, who takes the case from the queue.
func (w *walk) official(look chromium.Look, role, reference string) *walk {
	w.t.Helper()
	o := &walk{t: w.t, portal: w.portal, browser: w.browser, tab: w.browser.Tab(w.t, look), lang: w.lang, keyboard: w.keyboard, keeps: w.keeps}
	o.open("/staff/sign-in")
	o.fill("email", w.portal.Person(role))
	o.fill("password", demo.Password)
	o.send()
	o.at("/staff/cases")
	if text := o.tab.Text("main"); strings.Contains(text, "Magu") || strings.Contains(text, "A204060") {
		w.t.Errorf("the queue shows what was stated: %s", text)
	}
	o.says(reference)
	at := chromium.Value[string](o.tab, fmt.Sprintf(`[...document.querySelectorAll('main table a')].find(a => a.innerText.includes(%q)).getAttribute('href')`, reference))
	o.press(fmt.Sprintf("main a[href=%q]", at))
	o.press(`main button[value=take]`)
	return o
}

// verify checks a downloaded record with the published key, and that a record
// with one letter changed is refused.
func (w *walk) verify(record []byte) {
	w.t.Helper()
	w.open("/" + w.lang + "/privacy/proof")
	w.keep("proof")
	key := strings.TrimSpace(w.tab.Text("#log-key"))
	run := func(record []byte) (int, string) {
		file := filepath.Join(w.t.TempDir(), "access.json")
		if err := os.WriteFile(file, record, 0o600); err != nil {
			w.t.Fatal(err)
		}
		cmd := exec.Command(testkit.Binary(w.t), "verify", file, "--key", key)
		said, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(said)
	}
	if code, said := run(record); code != 0 || !strings.Contains(said, "verified") {
		w.t.Errorf("verify of the downloaded record exits %d and says: %s", code, said)
	}
	changed := strings.Replace(string(record), "permit-officer", "permit-offices", 1)
	if changed == string(record) {
		w.t.Fatalf("the record does not name the role: %s", record)
	}
	if code, said := run([]byte(changed)); code != 1 {
		w.t.Errorf("verify of a changed record exits %d and says: %s", code, said)
	}
}
