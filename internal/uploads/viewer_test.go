package uploads_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/a-h/templ"

	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/testkit/chromium"
	"portico/internal/uploads"
	"portico/internal/uploads/viewer"
	"portico/internal/uploads/viewer/pages"
)

// papers is a real PDF of so many pages, with a table of where its objects are.
// Its catalogue and each of its pages say more.
func papers(n int, catalogue, page string) []byte {
	objects := []string{"<</Type /Catalog /Pages 2 0 R " + catalogue + ">>", "", "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"}
	kids := ""
	for i := range n {
		words := fmt.Sprintf("0.1 0.3 0.6 rg 60 300 400 400 re f BT /F1 40 Tf 60 740 Td (Sheet %d of the plan) Tj ET", i+1)
		at := len(objects) + 1
		kids += fmt.Sprintf("%d 0 R ", at)
		objects = append(objects,
			fmt.Sprintf("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <</Font <</F1 3 0 R>>>> /Contents %d 0 R %s>>", at+1, page),
			fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(words), words))
	}
	objects[1] = fmt.Sprintf("<</Type /Pages /Kids [%s] /Count %d>>", kids, n)
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	table := fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i, o := range objects {
		table += fmt.Sprintf("%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "%strailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", table, len(objects)+1, b.Len())
	return b.Bytes()
}

// desk is a page of an official with one file, which is shown there.
type desk struct {
	*site
	tab   *chromium.Tab
	raw   []byte // what the page shows that no file is
	mu    sync.Mutex
	asked []string // for what, but style and script
}

// newDesk serves a page that shows the file called name, or what is raw.
func newDesk(t *testing.T, name string, content []byte) *desk {
	t.Helper()
	d := &desk{site: newSite(t), raw: content}
	href := "/staff/raw"
	if name != "" {
		href = "/staff/files/" + d.sent(d.spot, name, content).ID
	}
	staff := func(path string, h web.Handler) {
		d.router.Handle(web.Route{Method: http.MethodGet, Path: path, Audience: web.Staff, Activity: "none: a test", Unprefixed: true, Handler: h})
	}
	staff("/staff/raw", func(q *web.Req) error { return q.Attachment("raw.pdf", "application/pdf", d.raw) })
	staff("/staff/case", func(q *web.Req) error {
		return q.Page(http.StatusOK, web.Page{Title: "The case", Body: templ.Join(ui.Title("", "The case"), pages.Preview(uploads.Frame(q, uploads.PDF), href, "plan.pdf"))})
	})
	serves := d.server.Config.Handler
	d.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/_/") {
			d.mu.Lock()
			d.asked = append(d.asked, r.URL.Path)
			d.mu.Unlock()
		}
		serves.ServeHTTP(w, r)
	})
	d.tab = chromium.Start(t).Tab(t, chromium.Look{Width: 1280, Language: "en"})
	d.tab.Cookie(d.server.URL, web.StaffCookie, d.official.ID)
	d.tab.Open(d.server.URL + "/staff/case")
	return d
}

// shows presses the button, and waits until the page says what it should.
func (d *desk) shows(says string) {
	d.t.Helper()
	d.click(".viewer > button")
	d.tab.Eventually(fmt.Sprintf("document.querySelector('.viewer [role=status]').textContent.includes(%q)", says))
}

// click presses what leads to no other page.
func (d *desk) click(selector string) {
	d.t.Helper()
	chromium.Value[bool](d.tab, fmt.Sprintf("(document.querySelector(%q).click(), true)", selector))
}

// since is what the browser asked for, and forgets it.
func (d *desk) since() (asked []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked, d.asked = d.asked, nil
	return asked
}

func TestO6_AnOfficialSeesAPDFBesideTheDataAndThatIsOneEvent(t *testing.T) {
	d := newDesk(t, "plan.pdf", papers(30, "", ""))
	before := len(d.events(d.citizen, "road-permit.decide"))
	d.since()
	d.shows("Page 1 of 30")
	frame := d.tab.Frame()
	frame.Eventually("document.querySelector('canvas[data-drawn=\"1\"]') !== null")
	const blue = `(n => { const c = document.querySelectorAll('canvas')[n - 1]; const {data} = c.getContext('2d').getImageData(c.width / 3, c.height / 2, 1, 1); return [...data].join() })`
	if got := chromium.Value[string](frame, blue+"(1)"); got != "26,76,153,255" {
		t.Errorf("the middle of page 1 is drawn as %s", got)
	}
	if got := chromium.Value[string](frame, "document.querySelector('.page p').textContent"); got != "Sheet 1 of the plan" {
		t.Errorf("page 1 reads %q to whoever does not see it", got)
	}
	if got := chromium.Value[string](frame, "document.querySelector('canvas').getAttribute('aria-label')"); got != "Page 1 of 30" {
		t.Errorf("page 1 is called %q", got)
	}
	if n := chromium.Value[int](frame, "[...document.querySelectorAll('canvas')].filter(c => c.width > 0 && c.dataset.drawn).length"); n < 1 || n > 5 {
		t.Errorf("%d pages of 30 are drawn before anybody scrolled", n)
	}
	d.click(".viewer [data-go='1']")
	d.tab.Eventually("document.querySelector('.viewer [role=status]').textContent === 'Page 2 of 30'")
	wide := chromium.Value[int](frame, "document.querySelector('.page').clientWidth")
	d.click(".viewer [data-zoom='1']")
	frame.Eventually(fmt.Sprintf("document.querySelector('.page').clientWidth > %d", wide+100))
	chromium.Value[bool](frame, "(document.querySelector('main').scrollTop = 1e9, true)")
	frame.Eventually("document.querySelector('canvas[data-drawn=\"30\"]') !== null")
	d.tab.Judge()
	d.click(".viewer > button") // put away, and looked at again
	d.click(".viewer > button")
	if got := d.events(d.citizen, "road-permit.decide"); len(got) != before+1 {
		t.Errorf("looking at it is recorded %d times", len(got)-before)
	}
	if got := strings.Join(d.since(), " "); strings.Count(got, "/staff/files/") != 2 || !strings.HasPrefix(got, viewer.Path+" ") {
		t.Errorf("the browser asks for %s", got)
	}
}

// hostile is a PDF that would do all it can by itself and when it is pressed.
func hostile(origin string) []byte {
	act := func(what string) string {
		return fmt.Sprintf("<</S /%s>>", what)
	}
	js := act("JavaScript /JS (app.alert\\(1\\); this.submitForm\\(\"" + origin + "/staff/js\"\\); app.launchURL\\(\"" + origin + "/staff/launch\"\\))")
	link := act("URI /URI (" + origin + "/staff/link)")
	form := act("SubmitForm /F <</FS /URL /F (" + origin + "/staff/form)>>")
	return papers(1, "/OpenAction "+js+" /AA <</WC "+js+">> /AcroForm <</Fields [] /NeedAppearances true>>",
		"/AA <</O "+js+" /C "+link+">> /Annots [<</Type /Annot /Subtype /Link /Rect [0 0 595 842] /A "+link+">>"+
			" <</Type /Annot /Subtype /Widget /FT /Btn /T (go) /Rect [60 300 460 700] /A "+form+" /AA <</E "+js+">>>>]")
}

func TestO6_WhatAPDFWouldDoIsNotDoneAndItsFrameReachesNothing(t *testing.T) {
	d := newDesk(t, "", nil)
	d.raw = hostile(d.server.URL)
	d.since()
	d.shows("Page 1 of 1")
	frame := d.tab.Frame()
	frame.Eventually("document.querySelector('canvas[data-drawn]') !== null")
	frame.Keys("") // the frame has the keyboard
	if n := chromium.Value[int](frame, "(document.querySelector('canvas').click(), document.querySelectorAll('a, form, input, iframe, object, embed').length)"); n != 0 {
		t.Errorf("%d things to press, to fill in or to load are made out of it", n)
	}
	if got := chromium.Value[string](frame, "self.origin"); got != "null" {
		t.Errorf("its origin is %s", got)
	}
	// What a script would get that broke out of the reader.
	try := func(what, expression string) {
		t.Helper()
		chromium.Value[bool](frame, "(window.tried = '', (async () => { try { window.tried = 'got ' + await ("+expression+"); } catch { window.tried = 'no'; } })(), true)")
		frame.Eventually("window.tried !== ''")
		if got := chromium.Value[string](frame, "window.tried"); got != "no" {
			t.Errorf("%s: %s", what, got)
		}
	}
	asks := func(path string) string { return "'" + d.server.URL + path + "'" }
	try("the page around it", "parent.document.title")
	try("cookies", "document.cookie")
	try("what is kept", "localStorage.length")
	try("a fetch", "fetch("+asks("/staff/fetched")+", {mode: 'no-cors'})")
	try("a request", "new Promise((done, no) => { const x = new XMLHttpRequest(); x.open('GET', "+asks("/staff/xhr")+"); x.onload = done; x.onerror = no; x.send(); })")
	try("a picture", "new Promise((done, no) => { const i = new Image(); i.onload = done; i.onerror = no; i.src = "+asks("/staff/picture")+"; })")
	try("a script", "import("+asks("/_/portico.js")+")")
	try("code out of text", "new Promise((done, no) => setTimeout(() => { try { done(eval('1')); } catch (e) { no(e); } }))")
	try("another socket", "new Promise((done, no) => { const s = new WebSocket('ws' + "+asks("/staff/socket")+".slice(4)); s.onopen = done; s.onerror = no; })")
	try("a window", "window.open("+asks("/staff/window")+").name")
	chromium.Value[bool](frame, "(navigator.sendBeacon("+asks("/staff/beacon")+"), document.body.append(Object.assign(document.createElement('form'), {action: "+asks("/staff/sent")+", method: 'post'})), document.forms[0].submit(), true)")
	chromium.Value[bool](d.tab, "(window.addEventListener('securitypolicyviolation', e => { document.body.dataset.stopped = e.violatedDirective }), true)")
	chromium.Value[bool](frame, "(setTimeout(() => { location = "+asks("/staff/case?with=secrets")+" }), true)")
	d.tab.Eventually("document.body.dataset.stopped === 'frame-src'")
	if got := strings.Join(d.since(), " "); got != viewer.Path+" /staff/raw" {
		t.Errorf("the browser asks for %s", got)
	}
}

func TestO6_WhatCannotBeShownSaysSo(t *testing.T) {
	whole := papers(1, "", "")
	d := newDesk(t, "", []byte("%PDF-1.7\nnothing that a reader would mend\n%%EOF\n"))
	d.shows("damaged")
	for says, content := range map[string][]byte{
		"protected by a password": bytes.Replace(whole, []byte("/Root 1 0 R>>"), []byte("/Root 1 0 R /ID [<00> <00>] /Encrypt <</Filter /Standard /V 1 /R 2 /P -4 /Length 40 /O <"+strings.Repeat("00", 32)+"> /U <"+strings.Repeat("01", 32)+">>>>>"), 1),
		"cannot be shown here":    nil,
	} {
		if d.raw = content; content == nil {
			d.raw = bytes.Replace(whole, []byte("/Count 1"), []byte("/Count 0"), 1)
		}
		d.tab.Open(d.server.URL + "/staff/case")
		d.shows(says)
	}
	d.tab.Open(d.server.URL + "/staff/case")
	delete(d.who, d.official.ID) // signed out meanwhile: nothing is fetched, and the page says so
	d.shows("cannot be shown here")
}

func TestTheFrameIsNothingByItselfAndItsFilesNeverChange(t *testing.T) {
	s := newSite(t)
	if resp := s.ask(s.official, "GET", viewer.Path, nil, "Sec-Fetch-Dest", "document"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("by itself it answers %d", resp.StatusCode)
	}
	if resp := s.ask(s.citizen, "GET", viewer.Path, nil); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("to whoever is no official it answers %d", resp.StatusCode)
	}
	resp := s.ask(s.official, "GET", viewer.Path, nil, "Sec-Fetch-Dest", "iframe", "Accept-Language", "dv")
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), `lang="dv" dir="ltr"`) {
		t.Errorf("pages are drawn from the right: %s, %v", body, err)
	}
	held := resp.Header.Get("Content-Security-Policy")
	for _, word := range []string{"sandbox allow-scripts;", "default-src 'none'", "script-src " + s.server.URL + "/_/viewer/", "frame-ancestors " + s.server.URL} {
		if !strings.Contains(held, word) {
			t.Errorf("its policy lacks %q: %s", word, held)
		}
	}
	for _, word := range []string{"unsafe", "allow-same-origin", "connect-src", "img-src", "'self'", "*"} {
		if strings.Contains(held, word) {
			t.Errorf("its policy has %q: %s", word, held)
		}
	}
	folder := regexp.MustCompile(`/_/viewer/[0-9a-f]+/`).FindString(held)
	for _, name := range []string{"viewer.js", "viewer.css", "pdf.min.mjs", "pdf.worker.min.mjs", "openjpeg_nowasm_fallback.js", "jbig2_nowasm_fallback.js", "LICENSES.txt"} {
		resp := s.ask(s.citizen, "GET", folder+name, nil, "Accept-Encoding", "gzip")
		if h := resp.Header; resp.StatusCode != http.StatusOK || !strings.Contains(h.Get("Cache-Control"), "immutable") || h.Get("Content-Encoding") != "gzip" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s answers %d, %v", name, resp.StatusCode, h)
		}
	}
	for _, at := range []string{folder + "README", folder + "nothing.js", strings.Replace(folder, "viewer/", "viewer/0", 1) + "viewer.js"} {
		if resp := s.ask(s.citizen, "GET", at, nil); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", at, resp.StatusCode)
		}
	}
}
