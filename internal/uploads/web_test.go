package uploads_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/platform/web/ui"
	"portico/internal/policy"
	"portico/internal/testkit"
	"portico/internal/uploads"
	"portico/internal/vault"
)

// site is the pages of a world, with one question of the citizen's application.
type site struct {
	*world
	pages  uploads.Site
	spot   *uploads.Spot
	server *httptest.Server
	router *web.Router
	holder policy.Actor // who holds the case
	who    map[string]policy.Actor
	season time.Time // from when on what they signed in with is not new
}

func (s *site) Session(_ context.Context, token, realm string) (*web.Session, error) {
	who, ok := s.who[token]
	if staff := who.Kind == policy.Staff; !ok || staff != (realm == web.RealmStaff) {
		return nil, nil
	}
	return &web.Session{ID: who.ID, Subject: who.ID, Realm: realm, Roles: who.Roles, Strong: who.Strong, Seasoned: s.season}, nil
}

// Spot has the one question, for whoever asks with the right address.
func (s *site) Spot(_ context.Context, who policy.Actor, application, field string) (*uploads.Spot, error) {
	if "case:"+application != s.spot.Use.Scope || field != s.spot.Field || who.ID != s.spot.Use.Subject {
		return nil, fault.New(fault.NotFound, "uploads.error.not-found")
	}
	return s.spot, nil
}

// Page is the page of the question.
func (s *site) Page(q *web.Req, spot *uploads.Spot, status int, problem string) error {
	field := ui.Field{Label: "The plan", Heading: true, Error: problem, Why: "The council looks at it."}
	body, _, err := s.pages.Question(q, spot, field)
	if err != nil {
		return err
	}
	return q.Page(status, web.Page{Title: "The plan", Body: body, Invalid: problem != ""})
}

// Reading is an official's use of a case that the holder holds.
func (s *site) Reading(_ *db.Tx, who policy.Actor, f *uploads.File) (vault.Use, error) {
	return vault.Use{
		Actor: who, Subject: f.Subject, Activity: "road-permit.decide", Scope: f.Scope,
		Task: policy.Task{Scope: f.Scope, Holder: s.holder.ID, Open: true},
	}, nil
}

func newSite(t *testing.T) *site {
	t.Helper()
	w := onOne(t)
	s := &site{world: w, holder: w.official, who: map[string]policy.Actor{}}
	for _, who := range []policy.Actor{w.citizen, w.stranger, w.official} {
		s.who[who.ID] = who
	}
	s.spot = w.spot(w.citizen, plan)
	s.spot.Back = "/question"
	catalogue, err := i18n.Load(web.Locales(), uploads.Locales(), vault.Locales())
	if err != nil {
		t.Fatal(err)
	}
	brand, err := web.NewBrand("#0b5563", "#ffb83d")
	if err != nil {
		t.Fatal(err)
	}
	text := i18n.Text{"en": "oneGov", "dv": "ވަންގަވް"}
	router, err := web.New(web.Config{
		Langs: []string{"en", "dv"}, Catalogue: catalogue, Sessions: s, Clock: w.store.Clock, Log: slog.New(slog.DiscardHandler),
		Portal:  func() *web.Portal { return &web.Portal{Name: text, Operator: text, Brand: brand, Zone: time.UTC} },
		Cookies: func() []web.Cookie { return []web.Cookie{{Name: web.LangCookie, Class: web.Necessary}} },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.pages = uploads.Site{Uploads: w.Uploads, Drafts: s, Cases: s}
	s.pages.Mount(router)
	router.Handle(web.Route{Method: "GET", Path: "/question", Audience: web.Person, Activity: "road-permit.apply", Handler: func(q *web.Req) error {
		return s.Page(q, s.spot, http.StatusOK, "")
	}})
	s.router, s.server = router, httptest.NewServer(router)
	t.Cleanup(s.server.Close)
	return s
}

// ask sends a request as somebody, and follows nothing.
func (s *site) ask(who policy.Actor, method, path string, body io.Reader, header ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	name := web.SessionCookie
	if who.Kind == policy.Staff {
		name = web.StaffCookie
	}
	r.AddCookie(&http.Cookie{Name: name, Value: who.ID})
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := *s.server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// at is where the question takes files.
func (s *site) at() string {
	return "/en/files/" + strings.TrimPrefix(s.spot.Use.Scope, "case:") + "/" + s.spot.Field
}

// form is a form with one file.
func form(t *testing.T, name string, content []byte) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, name)}})
	if err == nil {
		_, err = part.Write(content)
	}
	if err := errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	return body, m.FormDataContentType()
}

func (s *site) send(name string, content []byte) *http.Response {
	s.t.Helper()
	body, kind := form(s.t, name, content)
	return s.ask(s.citizen, "POST", s.at(), body, "Content-Type", kind)
}

// files are those of the question.
func (s *site) files() []*uploads.File {
	s.t.Helper()
	list, err := s.Uploads.List(s.t.Context(), s.spot)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func TestAFormSendsAFileWithoutJavaScript(t *testing.T) {
	s := newSite(t)
	if resp := s.send("Plan ޕްލޭން.pdf", pdf(200_000, "dhigu magu")); resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/en"+s.spot.Back {
		t.Fatalf("answered %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	page := testkit.Page(t, s.ask(s.citizen, "GET", "/en"+s.spot.Back, nil))
	if text := page.One(".files").Text(); !strings.Contains(text, "Plan ޕްލޭން.pdf") || !strings.Contains(text, "Received") || !strings.Contains(text, "195 KB") {
		t.Errorf("the page shows %q", text)
	}
	remove := page.One(".files form")
	resp := s.ask(s.citizen, "POST", remove.Attr("action"), strings.NewReader(remove.Values().Encode()), "Content-Type", "application/x-www-form-urlencoded")
	again := s.ask(s.citizen, "POST", remove.Attr("action"), strings.NewReader(remove.Values().Encode()), "Content-Type", "application/x-www-form-urlencoded")
	if resp.StatusCode != http.StatusSeeOther || again.StatusCode != http.StatusSeeOther || len(s.files()) != 0 {
		t.Errorf("removing answered %d, then %d; there are %d files", resp.StatusCode, again.StatusCode, len(s.files()))
	}
}

func TestWhatIsNotTakenIsSaidNextToTheQuestion(t *testing.T) {
	s := newSite(t)
	s.spot.Count = 1
	for what, c := range map[string]struct {
		name    string
		content []byte
		says    string
	}{
		"nothing chosen":      {"", nil, "Choose a file first."},
		"nothing in it":       {"plan.pdf", nil, "This file is empty."},
		"a program":           {"plan.pdf", []byte("MZ\x90\x00 this program cannot be run"), "another type of file"},
		"an archive":          {"plan.zip", []byte("PK\x03\x04 and so on"), "holds other files"},
		"a lie":               {"plan.pdf", picture(t, uploads.PNG, 9, 9), "something else than its name says"},
		"more than allowed":   {"plan.pdf", pdf(2<<20, "x"), "larger than 1 MB"},
		"half of a PDF":       {"plan.pdf", pdf(4000, "x")[:2000], "The end of this file is missing"},
		"a PDF with a script": {"plan.pdf", append([]byte("%PDF-1.7\n<</S /JavaScript /JS (app.alert)>>\n"), pdf(400, "x")...), "acts by itself"},
	} {
		resp := s.send(c.name, c.content)
		page := testkit.Page(t, resp)
		if resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s answered %d", what, resp.StatusCode)
		}
		if text := page.One(".field .error").Text(); !strings.Contains(text, c.says) {
			t.Errorf("%s: %q", what, text)
		}
		if title := page.One("title").Text(); !strings.HasPrefix(title, "Error: ") {
			t.Errorf("%s: the title is %q", what, title)
		}
	}
	if resp := s.send("plan.pdf", pdf(3000, "x")); resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("a plan answered %d", resp.StatusCode)
	}
	if resp := s.send("another.pdf", pdf(3000, "x")); resp.StatusCode != http.StatusConflict {
		t.Errorf("one too many answered %d", resp.StatusCode)
	}
	if list := s.files(); len(list) != 1 || list[0].State != uploads.Clean {
		t.Errorf("there is %+v", list)
	}
}

// endless is a body that never ends, and counts what is taken of it.
type endless struct{ taken atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, bytes.Repeat([]byte("x"), len(p)))
	e.taken.Add(int64(n))
	return n, nil
}

func TestTenGigabytesEndEarly(t *testing.T) {
	s := newSite(t)
	for what, announced := range map[string]int64{"announced": 10 << 30, "not announced": -1} {
		head, kind := form(t, "plan.pdf", []byte("%PDF-1.7\n"))
		begin, _, _ := strings.Cut(head.String(), "%PDF-1.7\n")
		body := &endless{}
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.server.URL+s.at(), io.MultiReader(strings.NewReader(begin+"%PDF-1.7\n"), body))
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = announced
		r.Header.Set("Content-Type", kind)
		r.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: s.citizen.ID})
		resp, err := s.server.Client().Do(r)
		if err == nil { // a client may also see the connection end under its hands
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%s: answered %d", what, resp.StatusCode)
			}
		}
		if taken := body.taken.Load(); taken > 48<<20 {
			t.Errorf("%s: %d bytes were taken", what, taken)
		}
	}
	s.work()
	if list := s.blobs(); len(list) != 0 {
		t.Errorf("blobs stay: %v", list)
	}
}

type told struct {
	ID, State, Says, Detail string
	Offset                  int64
}

func tells(t *testing.T, resp *http.Response) (out told) {
	t.Helper()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatalf("answered %d, %v", resp.StatusCode, err)
	}
	return out
}

func (s *site) announce(name string, size int) told {
	s.t.Helper()
	resp := s.ask(s.citizen, "POST", s.at()+"/new", strings.NewReader(url.Values{"name": {name}, "size": {strconv.Itoa(size)}}.Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "application/json")
	return tells(s.t, resp)
}

// dying is a line that is cut after so many bytes.
type dying struct {
	from io.Reader
	left int
}

func (d *dying) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, errors.New("the line is cut")
	}
	n, err := d.from.Read(p[:min(len(p), d.left)])
	d.left -= n
	return n, err
}

func TestAScriptGoesOnAfterALostConnection(t *testing.T) {
	s := newSite(t)
	r := testkit.Chance(t)
	content := pdf(900_000, "dhigu magu")
	is := s.announce("plan.pdf", len(content))
	if is.State != "received" || is.Offset != 0 {
		t.Fatalf("announced, it stands at %+v", is)
	}
	for range 4 { // each time the line is cut somewhere
		rest := content[is.Offset:]
		cut := r.IntN(len(rest))
		line := httptest.NewServer(s.server.Config.Handler)
		req, err := http.NewRequestWithContext(t.Context(), "PATCH", line.URL+"/en/files/"+is.ID, &dying{bytes.NewReader(rest), cut})
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = int64(len(rest))
		req.Header.Set("Upload-Offset", strconv.FormatInt(is.Offset, 10))
		req.AddCookie(&http.Cookie{Name: web.SessionCookie, Value: s.citizen.ID})
		if resp, err := line.Client().Do(req); err == nil {
			_ = resp.Body.Close()
			t.Fatalf("a cut line was answered with %d", resp.StatusCode)
		}
		before := is
		for { // the server notices a little later than we do
			is = tells(t, s.ask(s.citizen, "GET", "/en/files/"+is.ID+"/state", nil, "Accept", "application/json"))
			if is.Offset >= before.Offset+int64(cut)/vault.FileChunk*vault.FileChunk-vault.FileChunk {
				break
			}
		}
		line.Close() // when it has taken in all that arrived
		is = tells(t, s.ask(s.citizen, "GET", "/en/files/"+is.ID+"/state", nil, "Accept", "application/json"))
		if is.Offset > before.Offset+int64(cut) || is.Offset%vault.FileChunk != 0 || is.State != "received" {
			t.Fatalf("after %d of %d bytes it stands at %+v", cut, len(rest), is)
		}
	}
	is = tells(t, s.ask(s.citizen, "GET", "/en/files/"+is.ID+"/state", nil, "Accept", "application/json"))
	wrong := s.ask(s.citizen, "PATCH", "/en/files/"+is.ID, bytes.NewReader(content), "Upload-Offset", strconv.FormatInt(is.Offset+1, 10))
	if told := tells(t, wrong); wrong.StatusCode != http.StatusConflict || told.Offset < is.Offset {
		t.Errorf("a wrong offset is answered with %d, %+v", wrong.StatusCode, told)
	}
	for is.State == "received" { // a request that was cut may still be ending
		is = tells(t, s.ask(s.citizen, "GET", "/en/files/"+is.ID+"/state", nil, "Accept", "application/json"))
		last := s.ask(s.citizen, "PATCH", "/en/files/"+is.ID, bytes.NewReader(content[is.Offset:]), "Upload-Offset", strconv.FormatInt(is.Offset, 10))
		if is = tells(t, last); last.StatusCode != http.StatusOK && last.StatusCode != http.StatusConflict {
			t.Fatalf("at the end: %d, %+v", last.StatusCode, is)
		}
	}
	if is.State != "clean" {
		t.Fatalf("at the end it is %+v", is)
	}
	got, err := read(s.Uploads.Mine(t.Context(), s.citizen, is.ID))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("what came is not what was sent: %d bytes, %v", len(got), err)
	}
}

func TestAScriptIsToldWhatIsWrong(t *testing.T) {
	s := newSite(t)
	if told := s.announce("plan.pdf", 2<<20); !strings.Contains(told.Says, "larger than 1 MB") {
		t.Errorf("too large: %+v", told)
	}
	is := s.announce("plan.pdf", 20)
	resp := s.ask(s.citizen, "PATCH", "/en/files/"+is.ID, strings.NewReader("MZ this is a program"), "Upload-Offset", "0")
	if told := tells(t, resp); resp.StatusCode != http.StatusUnprocessableEntity || told.State != "refused" || !strings.Contains(told.Says, "another type") {
		t.Errorf("a program: %d, %+v", resp.StatusCode, told)
	}
	state := tells(t, s.ask(s.citizen, "GET", "/en/files/"+is.ID+"/state", nil, "Accept", "application/json"))
	if state.State != "refused" || !strings.Contains(state.Says, "another type") {
		t.Errorf("later it says %+v", state)
	}
}

func TestAFileIsGivenOutAsAnAttachmentOfATypeFromOurList(t *testing.T) {
	s := newSite(t)
	content := pdf(3000, "x")
	name := `Plan "A"; filename=evil.html ޕްލޭން.PDF`
	f := s.sent(s.spot, name, content)
	for who, path := range map[*policy.Actor]string{&s.citizen: "/en/files/" + f.ID, &s.official: "/staff/files/" + f.ID} {
		resp := s.ask(*who, "GET", path, nil)
		got, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(got, content) {
			t.Errorf("%s: %d, %d bytes, %v", path, resp.StatusCode, len(got), err)
		}
		h := resp.Header
		kind, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
		if err != nil || kind != "attachment" || params["filename"] != "Plan A ; filename=evil.html ޕްލޭން.PDF" {
			t.Errorf("%s: saved as %v (%v) by %q", path, params, err, h.Get("Content-Disposition"))
		}
		if h.Get("Content-Type") != "application/pdf" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
			t.Errorf("%s: headers %v", path, h)
		}
	}
	s.season = s.store.Clock.Now().Add(time.Second)
	if resp := s.ask(s.citizen, "GET", "/en/files/"+f.ID, nil); resp.StatusCode != http.StatusForbidden {
		t.Errorf("a way in that is new downloads it: %d", resp.StatusCode)
	}
	if resp := s.ask(s.official, "GET", "/staff/files/"+f.ID+"/picture", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("a PDF is shown as a picture: %d", resp.StatusCode)
	}
}

func TestOnlyPicturesThatWereDrawnAnewAreShownInAPage(t *testing.T) {
	s := newSite(t)
	f := s.sent(s.spot, "plan.png", picture(t, uploads.PNG, 40, 30))
	resp := s.ask(s.official, "GET", "/staff/files/"+f.ID+"/picture", nil)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(resp.Header.Get("Content-Disposition"), "inline") ||
		!strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("shown with %d, %v", resp.StatusCode, resp.Header)
	}
	s.holder = policy.Actor{ID: "a colleague"}
	before := len(s.events(s.citizen, "road-permit.decide"))
	if resp := s.ask(s.official, "GET", "/staff/files/"+f.ID+"/picture", nil); resp.StatusCode != http.StatusForbidden {
		t.Errorf("without the task it is shown: %d", resp.StatusCode)
	}
	if got := s.events(s.citizen, "road-permit.decide"); len(got) != before+1 || got[before] != audit.KindDenied {
		t.Errorf("recorded as %v", got)
	}
}

func TestAStrangersRequestFindsNothingAndIsRecorded(t *testing.T) {
	s := newSite(t)
	f := s.sent(s.spot, "plan.pdf", pdf(3000, "x"))
	for _, c := range [][2]string{{"GET", ""}, {"GET", "/state"}, {"PATCH", ""}, {"POST", "/remove"}} {
		s.store.Clock.Advance(2 * time.Minute)
		before := len(s.events(s.citizen, "road-permit.apply"))
		resp := s.ask(s.stranger, c[0], "/en/files/"+f.ID+c[1], strings.NewReader("next=%2Fen%2F"), "Content-Type", "application/x-www-form-urlencoded", "Upload-Offset", "0")
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%v answered %d", c, resp.StatusCode)
		}
		if got := s.events(s.citizen, "road-permit.apply"); len(got) != before+1 || got[before] != audit.KindDenied {
			t.Errorf("%v is recorded as %v", c, got[before:])
		}
	}
	if len(s.files()) != 1 {
		t.Error("a stranger removed the file")
	}
}
