package uploads

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/platform/db"
	"portico/internal/platform/fault"
	"portico/internal/platform/i18n"
	"portico/internal/platform/web"
	"portico/internal/policy"
	"portico/internal/uploads/viewer"
	"portico/internal/vault"
)

// Drafts is what the pages for files ask of whoever has applications.
type Drafts interface {
	// Spot is where the files of a question go, as the person may answer it
	// now. It is a NotFound where there is no such question, and where the
	// application is somebody else's: then the attempt is recorded.
	Spot(ctx context.Context, actor policy.Actor, application, field string) (*Spot, error)
	// Page shows the page of the question, with what was wrong.
	Page(q *web.Req, s *Spot, status int, problem string) error
}

// Cases is what the pages for files ask of whoever has cases.
type Cases interface {
	// Reading is how an official would use a file of the case that it is
	// sealed for. The case stands still until the transaction ends.
	Reading(tx *db.Tx, actor policy.Actor, f *File) (vault.Use, error)
}

// Site is the pages for files.
//
// Without JavaScript a file is the body of a form, multipart/form-data with one
// part named "file". With it, a file is announced, and its bytes are sent as
// they are, in as many requests as it takes:
//
//	POST  …/files/{application}/{field}/new   name=…&size=N  → {"id", "offset": 0, …}
//	PATCH …/files/{id}   Upload-Offset: N, then the bytes from there on
//	GET   …/files/{id}/state                  → {"state", "offset", "says"}
//
// Each answers with the file's state. A PATCH at another offset than the file's
// is a conflict, whose answer tells the right one: that is how sending goes on
// after a lost connection.
type Site struct {
	Uploads *Uploads
	Drafts  Drafts
	Cases   Cases
}

const (
	// spill is how much more than allowed is taken of a file and thrown away,
	// so that a browser that only reads when it has sent everything sees why.
	spill = 16 << 20
	// lull is how long a line may stand still.
	lull = 30 * time.Second
	// readAhead is how much of a form is read from the line at once.
	readAhead = 32 << 10
	// maxParts is how many parts of a form are looked through for the file.
	maxParts = 8

	inputFile   = "file"
	inputNext   = "next"
	offsetField = "Upload-Offset"
)

// Mount declares the routes.
func (s *Site) Mount(r *web.Router) {
	apply := func(method, path string, limit int64, h web.Handler) {
		r.Handle(web.Route{Method: method, Path: path, Audience: web.Person, Activity: "{service}.apply", Limit: limit, Handler: h})
		r.Handle(web.Route{Method: method, Path: entering + path, Audience: web.Staff, Activity: "{service}.enter", Limit: limit, Unprefixed: true, Handler: h})
	}
	apply(http.MethodPost, "/files/{application}/{field}", FormLimit, s.send)
	apply(http.MethodPost, "/files/{application}/{field}/new", 0, s.announce)
	apply(http.MethodPatch, "/files/{id}", FormLimit, s.goOn)
	r.Handle(web.Route{Method: http.MethodGet, Path: "/files/{id}", Audience: web.Person, Activity: "{service}.apply", Seasoned: true, Handler: s.own})
	apply(http.MethodGet, "/files/{id}/state", 0, s.state)
	apply(http.MethodPost, "/files/{id}/remove", 0, s.remove)
	staff := func(path string, h web.Handler) {
		r.Handle(web.Route{Method: http.MethodGet, Path: path, Audience: web.Staff, Activity: "{service}.decide", Unprefixed: true, Handler: h})
	}
	staff("/staff/files/{id}", s.document)
	staff("/staff/files/{id}/picture", s.picture)
	viewer.Mount(r)
}

// entering is before the addresses of files that officials send for somebody.
const entering = "/staff/entering"

// at is an address of whoever sends a file: of the person, or of the official
// who enters for them, whose other pages have their whole address already.
func at(q *web.Req, path string) string {
	switch {
	case q.Session.Realm != web.RealmStaff:
		return q.Path(path)
	case strings.HasPrefix(path, "/files/"):
		return entering + path
	}
	return path
}

// actor is who is signed in, as decisions see them.
func actor(q *web.Req) policy.Actor {
	kind := policy.Person
	if q.Session.Realm == web.RealmStaff {
		kind = policy.Staff
	}
	return policy.Actor{Kind: kind, ID: q.Session.Subject, Roles: q.Session.Roles, Party: q.Session.Party, Strong: q.Session.Strong}
}

// patient is a body whose sender may be slow, but not stand still.
type patient struct {
	q *web.Req
	io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	p.q.Patience(lull)
	return p.Reader.Read(b)
}

// send receives a file from a form.
func (s *Site) send(q *web.Req) error {
	spot, err := s.Drafts.Spot(q.R.Context(), actor(q), q.R.PathValue("application"), q.R.PathValue("field"))
	if err != nil {
		return err
	}
	problem, status, err := s.Take(q, spot)
	if err != nil {
		return err
	}
	if problem != "" {
		return s.Drafts.Page(q, spot, status, problem)
	}
	return q.Redirect(at(q, spot.Back))
}

// FormLimit is what a route takes whose handler calls Take.
const FormLimit = MaxSize + spill

// Take receives the file of a form, for this page and for those of others.
// A problem says to the sender why it was not taken, under which status.
func (s *Site) Take(q *web.Req, spot *Spot) (problem string, status int, err error) {
	err = s.take(q, spot)
	q.Patience(lull)
	if err == nil {
		return "", 0, nil
	}
	if problem, status = says(q.P, err, spot); problem != "" {
		return problem, status, nil
	}
	return "", 0, err
}

// errNone says that a form came without a file.
var errNone = fault.New(fault.Invalid, "uploads.error.none")

func (s *Site) take(q *web.Req, spot *Spot) error {
	if q.R.ContentLength > spot.most()+spill {
		return refusal{TooLarge}
	}
	// Read far ahead: a form's own reader asks the connection for 4 KiB at a time.
	q.R.Body = struct {
		io.Reader
		io.Closer
	}{bufio.NewReaderSize(patient{q, q.R.Body}, readAhead), q.R.Body}
	form, err := q.R.MultipartReader()
	if err != nil {
		return errNone
	}
	for range maxParts {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return errNone
		}
		if err != nil {
			return errCut.Because(err)
		}
		if part.FormName() != inputFile {
			continue
		}
		if part.FileName() == "" {
			return errNone
		}
		_, err = s.Uploads.Receive(q.R.Context(), spot, part.FileName(), -1, part)
		if err != nil {
			_, _ = io.CopyN(io.Discard, part, spill)
		}
		return err
	}
	return errNone
}

// says puts into words why a file was not taken, and under which status; it
// has none for what is not the sender's doing.
func says(p *i18n.Printer, err error, spot *Spot) (words string, status int) {
	var r refusal
	switch {
	case errors.As(err, &r):
		return r.Reason.words(p, spot.Kinds, spot.most()), http.StatusUnprocessableEntity
	case errors.Is(err, errNone), errors.Is(err, errCut):
		return p.T(fault.From(err).Code), http.StatusUnprocessableEntity
	case errors.Is(err, errCount), errors.Is(err, errBusy), errors.Is(err, errMoved), errors.Is(err, errOffset):
		return p.T(fault.From(err).Code), http.StatusConflict
	}
	return "", 0
}

// words is a reason as people read it.
func (r Reason) words(p *i18n.Printer, kinds []Kind, most int64) string {
	if len(kinds) == 0 {
		kinds = AllKinds()
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Word()
	}
	return p.T(string(r), "kinds", p.List(names), "size", SizeWords(p, most))
}

// SizeWords is a size as people read it.
func SizeWords(p *i18n.Printer, n int64) string {
	if n < 1<<20 {
		return p.T("uploads.size.kb", "size", p.Number(max(1, (n+1<<9)>>10)))
	}
	tenths := (n*10 + 1<<19) >> 20
	words := p.Number(tenths / 10)
	if rest := tenths % 10; rest > 0 && tenths < 100 {
		words += "." + strconv.FormatInt(rest, 10)
	}
	return p.T("uploads.size.mb", "size", words)
}

// status is what a script is told of a file.
type status struct {
	ID     string `json:"id,omitempty"`
	State  State  `json:"state,omitempty"`
	Offset int64  `json:"offset"`
	Says   string `json:"says,omitempty"`
}

// tell answers a script with how a file stands, and with what was wrong.
func tell(q *web.Req, spot *Spot, f *File, err error) error {
	out, code := status{}, http.StatusOK
	if f != nil {
		out = status{ID: f.ID, State: f.State, Offset: f.Got}
	}
	if err != nil {
		if out.Says, code = says(q.P, err, spot); out.Says == "" {
			return err
		}
	}
	return q.JSON(code, out)
}

// announce begins a file whose bytes a script will send.
func (s *Site) announce(q *web.Req) error {
	spot, err := s.Drafts.Spot(q.R.Context(), actor(q), q.R.PathValue("application"), q.R.PathValue("field"))
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(q.Value("size"), 10, 64)
	if err != nil || size < 0 {
		return fault.Input(fault.Field{Name: "size", Code: "error.input"})
	}
	form, _ := q.Form() // of a name that is no plain text nothing is left, and it is called "file"
	f, err := s.Uploads.Begin(q.R.Context(), spot, form.Get("name"), size)
	return tell(q, spot, f, err)
}

// place finds a file of the person who is signed in, and where it goes.
func (s *Site) place(q *web.Req) (*File, *Spot, error) {
	who := actor(q)
	f, err := s.Uploads.find(q.R.Context(), q.R.PathValue("id"))
	if err != nil {
		return nil, nil, err
	}
	if f.Subject != who.ID && who.Kind == policy.Person {
		return nil, nil, s.Uploads.stranger(q.R.Context(), who, f)
	}
	spot, err := s.Drafts.Spot(q.R.Context(), who, strings.TrimPrefix(f.Scope, "case:"), f.Field)
	return f, spot, err
}

// goOn receives bytes of a file that was announced.
func (s *Site) goOn(q *web.Req) error {
	f, spot, err := s.place(q)
	if err != nil {
		return err
	}
	offset, err := strconv.ParseInt(q.R.Header.Get(offsetField), 10, 64)
	if err != nil {
		return fault.Input(fault.Field{Name: offsetField, Code: "error.input"})
	}
	f, err = s.Uploads.Write(q.R.Context(), spot, f.ID, offset, patient{q, q.R.Body})
	q.Patience(lull)
	return tell(q, spot, f, err)
}

// state says how far a file is.
func (s *Site) state(q *web.Req) error {
	f, spot, err := s.place(q)
	if err != nil {
		return err
	}
	if f.State == Refused {
		err = refusal{f.Reason}
	}
	return tell(q, spot, f, err)
}

// remove destroys a file that was not submitted. Pressed twice, it is gone all
// the same.
func (s *Site) remove(q *web.Req) error {
	if _, err := q.Form(); err != nil {
		return err
	}
	if _, err := s.Uploads.find(q.R.Context(), q.R.PathValue("id")); errors.Is(err, errNotFound) && q.Value(inputNext) != "" {
		return q.Redirect(q.Next(q.Path("/cabinet/applications")))
	}
	f, spot, err := s.place(q)
	if err != nil {
		return err
	}
	if err := s.Uploads.Remove(q.R.Context(), spot, f.ID); err != nil {
		return err
	}
	return q.Redirect(at(q, spot.Back))
}

// own gives a person their own file.
func (s *Site) own(q *web.Req) error {
	c, err := s.Uploads.Mine(q.R.Context(), actor(q), q.R.PathValue("id"))
	if err != nil {
		return err
	}
	return give(q, c, "attachment")
}

// reading is how the official who is signed in uses a file.
func (s *Site) reading(q *web.Req) func(*db.Tx, *File) (vault.Use, error) {
	return func(tx *db.Tx, f *File) (vault.Use, error) { return s.Cases.Reading(tx, actor(q), f) }
}

// document gives an official a file of a case that they hold.
func (s *Site) document(q *web.Req) error {
	c, err := s.Uploads.Open(q.R.Context(), q.R.PathValue("id"), s.reading(q))
	if err != nil {
		return err
	}
	return give(q, c, "attachment")
}

// picture shows an official a picture of a case that they hold, within a page:
// the program drew it itself, so it is a picture and nothing else. No other
// kind is ever shown by the browser itself: see docs/decisions/0023-files.md.
func (s *Site) picture(q *web.Req) error {
	id := q.R.PathValue("id")
	f, err := s.Uploads.find(q.R.Context(), id)
	if err != nil {
		return err
	}
	if !f.Kind.Picture() {
		return errNotFound
	}
	c, err := s.Uploads.Open(q.R.Context(), id, s.reading(q))
	if err != nil {
		return err
	}
	return give(q, c, "inline")
}

// given is what a file may do in a browser: nothing.
const given = "sandbox; default-src 'none'; frame-ancestors 'none'"

// give sends a file, of a type from our list.
func give(q *web.Req, c *Content, disposition string) error {
	defer c.Close() //nolint:errcheck // it was only read
	h := q.W.Header()
	h.Set("Content-Type", c.Kind.Media())
	h.Set("Content-Length", strconv.FormatInt(c.Size, 10))
	h.Set("Content-Disposition", named(disposition, c.Name))
	h.Set("Content-Security-Policy", given)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Language")
	q.W.WriteHeader(http.StatusOK)
	if q.R.Method == http.MethodHead {
		return nil
	}
	buf := make([]byte, vault.FileChunk)
	for {
		n, err := fill(c, buf)
		if n > 0 {
			q.Patience(lull)
			if _, gone := q.W.Write(buf[:n]); gone != nil {
				return nil //nolint:nilerr // whoever asked has gone
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			q.Log.Error("a file broke off", "error", web.Reduce(err))
			panic(http.ErrAbortHandler) // what came must not look whole
		}
	}
}

// named is a Content-Disposition (RFC 6266): the name for all, and for those
// that can read it the name with its own letters.
func named(disposition, name string) string {
	const plain = "!#$&+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var ascii, all strings.Builder
	for _, r := range name {
		switch {
		case r == '"' || r == '\\' || r == '%' || r > 0x7e || r < ' ':
			ascii.WriteByte('_')
		default:
			ascii.WriteRune(r)
		}
		for _, b := range []byte(string(r)) {
			if strings.IndexByte(plain, b) >= 0 {
				all.WriteByte(b)
			} else {
				fmt.Fprintf(&all, "%%%02X", b)
			}
		}
	}
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, disposition, ascii.String(), all.String())
}

// KindsOf returns the kinds with these media types. One that the program cannot
// examine is left out.
func KindsOf(media []string) []Kind {
	return slices.DeleteFunc(AllKinds(), func(k Kind) bool { return !slices.Contains(media, k.Media()) })
}
