package app

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/demo"
	"portico/internal/identity"
	"portico/internal/platform/db"
	"portico/internal/testkit"
)

// applyBound is which part of the plain writes' speed an application must
// have at the least.
const applyBound = 0.3

const (
	applicants = 16 // at once
	rounds     = 25
)

// BenchmarkApplication sends applications over HTTP, each with ten answers
// and a PDF of 200 KB, as sixteen people at once do: a page of questions, the
// file, the check. It counts what people wait for until each is acknowledged,
// and beside it, in turns, how long sixteen at once take to write the same
// bytes plainly, flushed as often as the portal acknowledges: the bodies of
// the same three requests, each a file of its own on the same disk.
func BenchmarkApplication(b *testing.B) {
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(string(engine), func(b *testing.B) { benchmarkApplication(b, engine) })
	}
}

// request is one that brings something of an application.
type request struct {
	path, kind string
	body       []byte
}

func benchmarkApplication(b *testing.B, engine db.Engine) {
	p, o := benched(b, engine, tenFields(b))
	first := testkit.Browse(b, p.router)
	people := make([]*testkit.Browser, applicants)
	for i := range people {
		people[i] = first.Another()
		email := fmt.Sprintf("applicant-%d@example.mv", i)
		if _, err := p.identity.CreatePerson(b.Context(), identity.NewPerson{Contact: email, Password: demo.Password, Details: identity.Details{
			Name: "Aishath Mohamed", BirthDate: "1987-04-12", IdentityNumber: fmt.Sprintf("A4%05d", i), Address: "Finifenmaage\nFuvahmulah City",
		}}); err != nil {
			b.Fatal(err)
		}
		people[i].Submit("/en/sign-in", url.Values{"contact": {email}, "password": {demo.Password}}, http.StatusOK)
	}
	content := make([]byte, 200<<10)
	_, _ = rand.Read(content)
	pdf := append([]byte("%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj\n2 0 obj\n<</Length 204800>>\nstream\n"), content...)
	pdf = append(pdf, "\nendstream\nendobj\nstartxref\n9\n%%EOF\n"...)
	const at = "/en/services/ten-fields/apply"
	for range b.N {
		var ratios []float64
		for round := range rounds {
			var taken, plain time.Duration
			for _, step := range []func(*testkit.Browser) request{
				func(who *testkit.Browser) request {
					form := who.Page(at+"/answers", http.StatusOK).One("main form[method=post]")
					given := form.Values()
					for i := range 10 {
						given.Set(fmt.Sprintf("field-%d", i), strings.Repeat("An answer of some words. ", 4))
					}
					return request{form.Attr("action"), "application/x-www-form-urlencoded", []byte(given.Encode())}
				},
				func(who *testkit.Browser) request {
					form := who.Page(at+"/plan", http.StatusOK).One("form[data-upload]")
					var body bytes.Buffer
					m := multipart.NewWriter(&body)
					w, err := m.CreateFormFile("file", "plan.pdf")
					if err == nil {
						_, err = w.Write(pdf)
					}
					if err != nil || m.Close() != nil {
						b.Error(err)
					}
					return request{form.Attr("action"), m.FormDataContentType(), body.Bytes()}
				},
				func(who *testkit.Browser) request {
					form := who.Page(at+"/check", http.StatusOK).One("main form[method=post]")
					given := form.Values()
					given.Set("_declared", "yes")
					return request{form.Attr("action"), "application/x-www-form-urlencoded", []byte(given.Encode())}
				},
			} {
				bodies := make([]request, applicants)
				for i, who := range people {
					bodies[i] = step(who)
				}
				plain += together(func(i int) {
					if err := flushed(filepath.Join(o.Data, fmt.Sprintf("plain-%d-%d", round, i)), bodies[i].body); err != nil {
						b.Error(err)
					}
				})
				taken += together(func(i int) {
					r := people[i].Request(http.MethodPost, bodies[i].path, bytes.NewReader(bodies[i].body))
					r.Header.Set("Content-Type", bodies[i].kind)
					if resp := people[i].Do(r); resp.StatusCode != http.StatusSeeOther {
						b.Errorf("%s is answered with %d", bodies[i].path, resp.StatusCode)
					}
				})
			}
			b.Logf("plain %v, portal %v", plain/applicants, taken/applicants)
			ratios = append(ratios, plain.Seconds()/taken.Seconds())
		}
		slices.Sort(ratios)
		b.Logf("%.3f", ratios)
		median := ratios[len(ratios)/2]
		held(b, median, "ratio", median >= applyBound, fmt.Sprintf("at least %g", applyBound))
	}
}

// together has all applicants do something at once and returns how long it took.
func together(do func(i int)) time.Duration {
	var all sync.WaitGroup
	began := time.Now()
	for i := range applicants {
		all.Go(func() { do(i) })
	}
	all.Wait()
	return time.Since(began)
}

// flushed writes a file plainly, durably.
func flushed(name string, content []byte) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// tenFields is a copy of onegov with a service that asks for ten lines of text
// and a PDF.
func tenFields(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "onegov")
	service := filepath.Join(dir, "services", "ten-fields")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(testkit.Root(), "instances", "onegov"))); err != nil {
		b.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(service, "tests"), 0o700); err != nil {
		b.Fatal(err)
	}
	both := func(s string) string { return fmt.Sprintf("{en: %s, dv: އެދުން}", s) }
	var keys, properties, answers []string
	for i := range 10 {
		key := fmt.Sprintf("field-%d", i)
		keys, answers = append(keys, key), append(answers, key+": text")
		properties = append(properties, fmt.Sprintf("    %s: {type: string, maxLength: 300, x-portico-label: %s, x-portico-why: %s, x-portico-category: application}\n", key, both("Question"), both("So")))
	}
	list := strings.Join(keys, ", ")
	for name, text := range map[string]string{
		"service.yaml": "id: ten-fields\nversion: \"1\"\nreference: TF\nname: " + both("Ten fields") + "\nsummary: " + both("A service") + "\ncategory: roads\naudience: [person]\n" +
			"eligibility: " + both("Anybody") + "\ncost: " + both("Nothing") + "\nafter: " + both("The council decides") + "\nlaw: " + both("A law") + "\nappeal: " + both("Write to the council") +
			"\nresponsible: fuvahmulah-city-council\nworking-days: 5\npurpose: provide-services\nretention: application\napply: {name: " + both("Applying") + "}\n" +
			"decide: {name: " + both("Deciding") + ", roles: [permit-officer], fields: [" + list + ", plan]}\nexamine: {name: " + both("Examining") + "}\n" +
			"remarks: {category: application, name: " + both("Remarks") + ", why: " + both("So") + "}\n",
		"form.yaml": "schema:\n  $schema: https://json-schema.org/draft/2020-12/schema\n  type: object\n  additionalProperties: false\n  required: [" + list + ", plan]\n  properties:\n" +
			strings.Join(properties, "") + "    plan: {type: array, format: file, x-portico-accept: [pdf], minItems: 1, maxItems: 1, x-portico-label: " + both("Plan") + ", x-portico-why: " + both("So") + ", x-portico-category: application}\n" +
			"pages:\n  - {id: answers, title: " + both("Answers") + ", fields: [" + list + "]}\n  - {id: plan, title: " + both("Plan") + ", fields: [plan]}\ndeclaration: " + both("It is true") + "\n",
		"workflow.yaml": "initial: submitted\nstates:\n  - {id: submitted, name: " + both("Received") + ", says: " + both("Received") + ", look: info, deadline: 5, actions: [{id: take, name: " + both("Take") + ", to: in-review, take: true}]}\n" +
			"  - {id: in-review, name: " + both("In review") + ", says: " + both("In review") + ", look: info, deadline: 5, actions: [{id: approve, name: " + both("Approve") + ", to: approved, remarks: optional}]}\n" +
			"  - {id: approved, name: " + both("Approved") + ", says: " + both("Approved") + ", look: good, final: true}\n",
		"tests/sent.yaml": "now: 2026-11-23T09:00:00+05:00\nanswers: {" + strings.Join(answers, ", ") + ", plan: [{id: a, name: plan.pdf, size: 1000, type: application/pdf}]}\ncases: [{name: Sent, expect: {state: submitted}}]\n",
	} {
		if err := os.WriteFile(filepath.Join(service, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}
